package limit_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/limit"
)

// However many goroutines there are, at most two calls are in flight.
func Example() {
	ctx := context.Background()
	var now, most atomic.Int64
	below := files.Wrap(mem.New(nil), files.Hooks{
		Around: func(ctx context.Context, _ *files.Call, next func(context.Context) error) error {
			n := now.Add(1)
			defer now.Add(-1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			return next(ctx)
		},
	})
	b, err := limit.New(below, &limit.Options{All: limit.Limits{Calls: 2}})
	if err != nil {
		panic(err)
	}
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			_, err := files.PutString(ctx, b, fmt.Sprintf("notes/%d.txt", i), "Rain again.", nil)
			if err != nil {
				panic(err)
			}
		})
	}
	wg.Wait()
	fmt.Println(most.Load() <= 2, files.Layers(b)[0])
	// Output: true limit 2 calls
}
