package lease_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/lease"
)

func Example() {
	ctx := context.Background()
	b := mem.New(nil)
	options := &lease.Options{Duration: time.Minute, Holder: "host-1"}
	lock, err := lease.New(b, "locks/nightly", options)
	if err != nil {
		fmt.Println(err)
		return
	}
	held, err := lock.Acquire(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("holder", held.Token(), "works until", held.Context().Err())

	other, _ := lease.New(b, "locks/nightly", nil) // in another process
	_, err = other.TryAcquire(ctx)
	fmt.Println(err)

	fmt.Println("released:", held.Release(ctx))
	next, err := other.TryAcquire(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer next.Release(ctx)
	fmt.Println("holder", next.Token())
	// Output:
	// holder 1 works until <nil>
	// lease: locks/nightly: the lease is held by "host-1"
	// released: <nil>
	// holder 2
}

// The file that the lease protects records the largest token that it has received, so
// that a late write of an earlier holder is refused.
func ExampleLease_Token() {
	type report struct {
		Token int64
		Total int
	}
	errFenced := errors.New("another has the lease by now")
	b := mem.New(nil)
	write := func(token int64, total int) error {
		_, err := files.UpdateJSON(context.Background(), b, "report.json", func(r *report) error {
			if token < r.Token {
				return errFenced
			}
			r.Token, r.Total = token, total
			return nil
		}, nil)
		return err
	}
	fmt.Println(write(7, 100))
	fmt.Println(write(8, 200))
	fmt.Println(errors.Is(write(7, 101), errFenced))
	// Output:
	// <nil>
	// <nil>
	// true
}
