package cache_test

import (
	"context"
	"fmt"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/cache"
)

// Two reads of a file fetch it once. The store is usually a local folder; here it is
// memory.
func ExampleNew() {
	ctx := context.Background()
	origin, store := mem.New(nil), mem.New(nil)
	files.PutString(ctx, origin, "notes/day1.txt", "Rain.", nil)

	stats := &cache.Stats{}
	b, err := cache.New(origin, store, &cache.Options{
		Origin:   "mem://notes",
		MaxBytes: 100 << 20,
		Stats:    stats,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		text, err := files.ReadString(ctx, b, "notes/day1.txt", nil)
		fmt.Println(text, err)
	}
	files.PutString(ctx, b, "notes/day1.txt", "Sun.", nil)
	text, err := files.ReadString(ctx, b, "notes/day1.txt", nil)
	fmt.Println(text, err)
	n := stats.Counts()
	fmt.Println(n.Hits, "hit,", n.Misses, "misses,", n.BytesFetched, "bytes fetched")
	// Output:
	// Rain. <nil>
	// Rain. <nil>
	// Sun. <nil>
	// 1 hit, 2 misses, 9 bytes fetched
}
