package timeout_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/retry"
	"cloudfiles.dev/files/timeout"
)

// If the retry is outside, each attempt has its own time.
func Example() {
	silent := files.Wrap(mem.New(nil), files.Hooks{ // stands for a server that never responds
		Around: func(ctx context.Context, _ *files.Call, _ func(context.Context) error) error {
			<-ctx.Done()
			return context.Cause(ctx)
		},
	})
	b, err := timeout.New(silent, &timeout.Options{FirstByte: 10 * time.Millisecond})
	if err != nil {
		panic(err)
	}
	b = retry.Wrap(b, &retry.Policy{Attempts: 2, Delay: time.Millisecond})
	_, err = files.ReadString(context.Background(), b, "notes/day14.txt", nil)
	var late *timeout.Error
	fmt.Println(errors.Is(err, files.ErrUnavailable), errors.Is(err, os.ErrDeadlineExceeded))
	fmt.Println(errors.As(err, &late), late.Limit, retry.Attempts(err))
	// Output:
	// true true
	// true FirstByte 2
}

// Silence bounds each wait by the same time, as the timeout= of a driver's URL does.
func ExampleSilence() {
	b, err := timeout.New(mem.New(nil), timeout.Silence(5*time.Second))
	if err != nil {
		panic(err)
	}
	fmt.Println(files.Layers(b)[0])
	// Output: timeout 5s
}
