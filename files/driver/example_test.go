package driver_test

import (
	"bytes"
	"context"
	"fmt"

	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

func Example() {
	b := driver.New(mapdriver.New())
	defer b.Close()
	ctx := context.Background()
	for _, name := range []string{"notes/day14.txt", "hello.txt", "notes/old/day1.txt"} {
		if _, err := b.Put(ctx, name, bytes.NewReader([]byte("hi")), nil); err != nil {
			fmt.Println(err)
		}
	}
	for e, err := range b.List(ctx, "notes", &files.ListOptions{Shallow: true}) {
		fmt.Println(e.Name, e.Size, err)
	}
	_, err := b.Get(ctx, "missing.txt", nil)
	fmt.Println(err)
	// Output:
	// notes/day14.txt 2 <nil>
	// notes/old/ 0 <nil>
	// files: get missing.txt: file does not exist
}

func ExampleContentType() {
	fmt.Println(driver.ContentType("photos/Cat.JPG", nil))
	fmt.Println(driver.ContentType("report", []byte("%PDF-1.7")))
	// Output:
	// image/jpeg
	// application/pdf
}
