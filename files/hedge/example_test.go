package hedge_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/hedge"
)

// The first request is lost, and the second one returns the file.
func Example() {
	ctx := context.Background()
	var requests atomic.Int64
	below := files.Wrap(mem.New(nil), files.Hooks{
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if c.Op == files.OpGet && requests.Add(1) == 1 {
				<-ctx.Done() // until the second request has returned
				return ctx.Err()
			}
			return next(ctx)
		},
	})
	b, err := hedge.New(below, &hedge.Options{Delay: 10 * time.Millisecond})
	if err != nil {
		panic(err)
	}
	_, err = files.PutString(ctx, b, "notes/day14.txt", "Rain again.", nil)
	if err != nil {
		panic(err)
	}
	text, err := files.ReadString(ctx, b, "notes/day14.txt", nil)
	fmt.Println(text, err, requests.Load())
	// Output: Rain again. <nil> 2
}
