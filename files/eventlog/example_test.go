package eventlog_test

import (
	"context"
	"errors"
	"fmt"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files/eventlog"
)

func Example() {
	ctx := context.Background()
	log, err := eventlog.New(mem.New(nil), "orders", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, text := range []string{"ordered", "paid", "sent"} {
		pos, err := log.Append(ctx, []byte(text))
		fmt.Println(pos, err)
	}
	next := int64(1) // the reader stores this position
	for r, err := range log.Read(ctx, next) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(r.Position, string(r.Data))
		next = r.Position + 1
	}
	fmt.Println(log.Compact(ctx, next))
	for _, err := range log.Read(ctx, 0) {
		fmt.Println(errors.Is(err, eventlog.ErrGone))
	}
	// Output:
	// 0 <nil>
	// 1 <nil>
	// 2 <nil>
	// 1 paid
	// 2 sent
	// <nil>
	// true
}
