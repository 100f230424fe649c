package transfer_test

import (
	"context"
	"fmt"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/transfer"
)

// A progress bar can be drawn from the events.
func ExamplePlan_Events() {
	ctx := context.Background()
	src, dst := mem.New(nil), mem.New(nil)
	for _, name := range []string{"a", "b", "c"} {
		if _, err := files.PutString(ctx, src, name, "12345", nil); err != nil {
			panic(err)
		}
	}
	plan, err := transfer.Copy(transfer.Tree{Bucket: dst}, transfer.Tree{Bucket: src}, nil)
	if err != nil {
		panic(err)
	}
	for event, err := range plan.Events(ctx) {
		if event.Kind != transfer.EventEnd {
			continue // such as EventDone, with event.Change and event.Progress
		}
		p := event.Progress
		fmt.Println(p.Files, "of", p.TotalFiles, "files,", p.Bytes, "bytes,", p.Failed, "failed,",
			err)
	}
	// Output:
	// 3 of 3 files, 15 bytes, 0 failed, <nil>
}
