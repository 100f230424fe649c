package resume_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/resume"
)

func ExampleDownload() {
	ctx := context.Background()
	b := mem.New(nil)
	if _, err := files.PutString(ctx, b, "backups/db.tar", "all of it", nil); err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	// If the process ends here, the same call in another one continues.
	path := filepath.Join(dir, "db.tar")
	info, err := resume.Download(ctx, b, "backups/db.tar", path, nil)
	if err != nil {
		log.Fatal(err)
	}
	content, err := os.ReadFile(path)
	fmt.Println(info.Size, string(content), err)
	// Output: 9 all of it <nil>
}

func ExampleUploadFile() {
	ctx := context.Background()
	b := mem.New(nil)
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "db.tar")
	if err := os.WriteFile(path, []byte("all of it"), 0o666); err != nil {
		log.Fatal(err)
	}

	// If the process ends here, the same call in another one sends only the parts that
	// the service doesn't have. Parts have 2 to 8 MiB by default.
	opts := &resume.UploadOptions{
		PartSize:  4,
		TokenFile: filepath.Join(dir, "db.tar.token"),
		Event: func(e resume.UploadEvent) {
			if e.Kind == resume.UploadBegun {
				fmt.Println(e.Kind)
			}
		},
	}
	info, err := resume.UploadFile(ctx, b, "backups/db.tar", path, opts)
	if err != nil {
		log.Fatal(err)
	}
	_, err = os.Stat(opts.TokenFile)
	fmt.Println(info.Size, info.ContentType, os.IsNotExist(err))
	// Output:
	// begun
	// 9 application/x-tar true
}

func ExampleAbortStale() {
	ctx := context.Background()
	b := mem.New(nil)

	// Remove uploads that are older than a month, which no process is sending any more.
	n, err := resume.AbortStale(ctx, b, &resume.StaleOptions{
		Dir: "backups",
		Age: 30 * 24 * time.Hour,
		Each: func(u resume.Unfinished, err error) {
			fmt.Println(u.Name, u.Time, u.Size, err)
		},
	})
	fmt.Println(n, err)
	// Output: 0 <nil>
}
