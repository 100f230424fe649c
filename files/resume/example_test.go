package resume_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

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

	// If the process ends here, the next one that calls the same goes on where it was.
	path := filepath.Join(dir, "db.tar")
	info, err := resume.Download(ctx, b, "backups/db.tar", path, nil)
	if err != nil {
		log.Fatal(err)
	}
	content, err := os.ReadFile(path)
	fmt.Println(info.Size, string(content), err)
	// Output: 9 all of it <nil>
}
