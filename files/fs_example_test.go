package files_test

import (
	"context"
	"fmt"
	"io/fs"
	"strings"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// Everything that reads an fs.FS can read a bucket.
func ExampleFS() {
	ctx := context.Background()
	b := mem.New(nil)
	for _, name := range []string{"hello.txt", "notes/day14.txt", "notes/day15.txt"} {
		if _, err := b.Put(ctx, name, strings.NewReader("text"), nil); err != nil {
			fmt.Println(err)
			return
		}
	}
	view := files.FS(ctx, b, nil)
	err := fs.WalkDir(view, ".", func(path string, e fs.DirEntry, err error) error {
		fmt.Println(path, e.IsDir())
		return err
	})
	fmt.Println(err)
	_, err = fs.ReadFile(view, "missing")
	fmt.Println(err)
	// Output:
	// . true
	// hello.txt false
	// notes true
	// notes/day14.txt false
	// notes/day15.txt false
	// <nil>
	// open missing: files: get missing: file does not exist
}
