package retry_test

import (
	"context"
	"fmt"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/retry"
)

// A driver runs each call through its policy.
func ExamplePolicy_Do() {
	policy := retry.New()
	policy.Delay = time.Millisecond
	err := policy.Do(context.Background(), func(ctx context.Context, attempt int) error {
		fmt.Println("request", attempt)
		if attempt < 3 {
			return driver.Errorf(files.ErrUnavailable, "503 Service Unavailable")
		}
		return nil
	})
	fmt.Println(err)
	// Output:
	// request 1
	// request 2
	// request 3
	// <nil>
}

// The error of a call that was repeated without success has the number of attempts.
func ExampleAttempts() {
	policy := &retry.Policy{Attempts: 3, Delay: time.Millisecond}
	err := policy.Do(context.Background(), func(context.Context, int) error {
		return driver.Errorf(files.ErrUnavailable, "503 Service Unavailable")
	})
	err = driver.NewError(files.OpPut, "notes/day1.txt", err) // the error of the bucket's caller
	fmt.Println(err)
	fmt.Println(retry.Attempts(err))
	// Output:
	// files: put notes/day1.txt: temporarily unavailable: 503 Service Unavailable, after 3 attempts
	// 3
}
