package files_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"cloudfiles.dev/drivers/local"
	"cloudfiles.dev/files"
)

// Follow a log that another program writes, from where the last reading ended.
func ExampleGetOptions_growing() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	b, err := local.Open(dir, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer b.Close()
	log, err := os.Create(filepath.Join(dir, "app.log"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer log.Close()
	var read int64
	for _, line := range []string{"started\n", "listening\n", "stopped\n"} {
		log.WriteString(line)
		more, err := files.ReadString(ctx, b, "app.log", &files.ReadOptions{
			GetOptions: files.GetOptions{Growing: true, Range: files.From(read)},
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		read += int64(len(more))
		fmt.Print(more)
	}
	// Output:
	// started
	// listening
	// stopped
}
