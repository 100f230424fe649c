package transfer_test

import (
	"context"
	"fmt"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/transfer"
)

func Example() {
	ctx := context.Background()
	laptop, cloud := mem.New(nil), mem.New(nil)
	for _, name := range []string{"notes/day1.txt", "notes/day2.txt", "notes/draft.tmp"} {
		if _, err := files.PutString(ctx, laptop, name, "Rain again.", nil); err != nil {
			panic(err)
		}
	}
	if _, err := files.PutString(ctx, cloud, "backup/old.txt", "Sun.", nil); err != nil {
		panic(err)
	}

	plan, err := transfer.Sync(
		transfer.Tree{Bucket: cloud, Dir: "backup"},
		transfer.Tree{Bucket: laptop, Dir: "notes"},
		&transfer.Options{Filter: []string{"- *.tmp"}, MaxDeletes: 10})
	if err != nil {
		panic(err)
	}
	for change, err := range plan.Changes(ctx) {
		if err != nil {
			panic(err)
		}
		fmt.Println(change)
	}
	result, err := plan.Apply(ctx)
	fmt.Println(result.Copied, "copied,", result.Deleted, "deleted,", err)

	result, err = plan.Apply(ctx)
	fmt.Println(result.Copied, "copied,", result.Equal, "equal,", err)
	// Output:
	// copy day1.txt (missing, 11 bytes)
	// copy day2.txt (missing, 11 bytes)
	// delete old.txt (notInSource)
	// 2 copied, 1 deleted, <nil>
	// 0 copied, 2 equal, <nil>
}
