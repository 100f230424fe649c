package compress_test

import (
	"context"
	"fmt"
	"strings"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/compress"
)

// Store text as zstd. A program that reads the store directly gets a standard encoding.
func ExampleNew() {
	ctx, store := context.Background(), mem.New(nil)
	b, err := compress.New(store, &compress.Options{Level: 6})
	if err != nil {
		fmt.Println(err)
		return
	}
	text := strings.Repeat("Rain again. ", 1000)
	if _, err := files.PutString(ctx, b, "log.txt", text, nil); err != nil {
		fmt.Println(err)
		return
	}
	info, err := b.Stat(ctx, "log.txt", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	below, err := store.Stat(ctx, "log.txt", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(info.Size, below.Size < 100, below.ContentEncoding)
	// Output: 12000 true zstd
}
