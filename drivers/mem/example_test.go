package mem_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// A program takes a files.Bucket, and its test passes one in memory.
func ExampleNew() {
	ctx := context.Background()
	b := mem.New(nil)
	if _, err := b.Put(ctx, "notes/day14.txt", strings.NewReader("sunny"), nil); err != nil {
		fmt.Println(err)
		return
	}
	r, err := b.Get(ctx, "notes/day14.txt", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close()
	text, err := r.ReadString()
	fmt.Println(text, r.Info().ContentType, err)
	_, err = b.Get(ctx, "notes/day15.txt", nil)
	fmt.Println(err, errors.Is(err, files.ErrNotExist))
	// Output:
	// sunny text/plain; charset=utf-8 <nil>
	// files: get notes/day15.txt: file does not exist true
}

func ExampleNew_clock() {
	b := mem.New(&mem.Options{Clock: func() time.Time {
		return time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)
	}})
	ctx := context.Background()
	if _, err := b.Put(ctx, "leap.txt", strings.NewReader("day"), nil); err != nil {
		fmt.Println(err)
		return
	}
	info, err := b.Stat(ctx, "leap.txt", nil)
	fmt.Println(info.ModTime, err)
	// Output: 2024-02-29 00:00:00 +0000 UTC <nil>
}

// All buckets of the same name have the same files, as long as the process lives.
func ExampleOpen() {
	ctx := context.Background()
	b, err := files.Open(ctx, "mem://shared")
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := b.Put(ctx, "hello.txt", strings.NewReader("hello"), nil); err != nil {
		fmt.Println(err)
	}
	b.Close()
	for e, err := range mem.Open("shared").List(ctx, "", nil) {
		fmt.Println(e.Name, e.Size, err)
	}
	// Output: hello.txt 5 <nil>
}
