package gocloud_test

import (
	"context"
	"fmt"
	"strings"

	"cloudfiles.dev/drivers/gocloud"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"
)

// A program's bucket from Go CDK.
func ExampleNew() {
	ctx := context.Background()
	theirs := memblob.OpenBucket(nil)
	defer theirs.Close()

	b := gocloud.New(theirs, nil)
	defer b.Close()
	if _, err := b.Put(ctx, "notes/day14.txt", strings.NewReader("hello"), nil); err != nil {
		fmt.Println(err)
	}
	_, err := b.Get(ctx, "missing.txt", nil)
	fmt.Println(err)
	fmt.Println(b.Delete(ctx, "missing.txt", nil))
	fmt.Println(theirs.Exists(ctx, "notes/day14.txt"))
	// Output:
	// files: get missing.txt: file does not exist
	// <nil>
	// true <nil>
}

// A bucket for a library written for Go CDK.
func ExampleToBlob() {
	ctx := context.Background()
	b := mem.New(nil)
	defer b.Close()

	theirs := gocloud.ToBlob(b, nil)
	defer theirs.Close()
	if err := theirs.WriteAll(ctx, "a//b", []byte("hello"), nil); err != nil {
		fmt.Println(err)
	}
	for e, err := range b.List(ctx, "", nil) {
		fmt.Println(e.Name, e.Size, err)
	}
	content, err := theirs.ReadAll(ctx, "a//b")
	fmt.Println(string(content), err)
	// Output:
	// a/__0x2f__b 5 <nil>
	// hello <nil>
}

// A condition for which Go CDK has no option.
func ExampleToBlob_condition() {
	ctx := context.Background()
	b := mem.New(nil)
	defer b.Close()
	theirs := gocloud.ToBlob(b, nil)
	defer theirs.Close()

	err := theirs.WriteAll(ctx, "counter", []byte("1"), &blob.WriterOptions{
		BeforeWrite: func(as func(any) bool) error {
			var o *files.PutOptions
			if as(&o) {
				o.If = files.IfVersion("an old one")
			}
			return nil
		},
	})
	fmt.Println(err != nil)
	// Output:
	// true
}
