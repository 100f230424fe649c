package watch_test

import (
	"context"
	"fmt"
	"io"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/watch"
)

func ExampleFile() {
	ctx := context.Background()
	b := mem.New(nil)
	changes := []func() error{
		func() error {
			_, err := files.PutString(ctx, b, "greeting.txt", "Hello", nil)
			return err
		},
		func() error { return b.Delete(ctx, "greeting.txt", nil) },
		func() error { return watch.Stop },
	}
	err := watch.File(ctx, b, "greeting.txt", time.Millisecond,
		func(_ context.Context, r *files.Reader) error {
			if r == nil {
				fmt.Println("there is no greeting")
			} else {
				text, err := io.ReadAll(r)
				if err != nil {
					return err // the next poll calls the function again
				}
				fmt.Printf("the greeting is %s\n", text)
			}
			change := changes[0]
			changes = changes[1:]
			return change()
		}, nil)
	fmt.Println(err)
	// Output:
	// there is no greeting
	// the greeting is Hello
	// there is no greeting
	// <nil>
}
