package all

import (
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/watch"
)

// TestWatch: on every service a change, a deletion and a return with the same content
// are reported once, a report that the function failed on is repeated, and only Gets
// are sent.
func TestWatch(t *testing.T) {
	eachStore(t, func(t *testing.T, b files.Bucket) {
		put := func(text string) func() error {
			return func() error {
				_, err := files.PutString(t.Context(), b, "d/a", text, nil)
				return err
			}
		}
		// each is done after another call of the function
		steps := []func() error{
			func() error { return errors.New("the function's own") },
			put("two"),
			func() error { return b.Delete(t.Context(), "d/a", nil) },
			put("two"),
			put(""),
			func() error { return watch.Stop },
		}
		if err := put("one")(); err != nil {
			t.Fatal(err)
		}
		ops := &operations{n: map[files.Op]int{}}
		seen, looks := []string{}, files.Wrap(b, files.Hooks{Around: ops.around})
		err := watch.File(t.Context(), looks, "d/a", time.Millisecond,
			func(_ context.Context, r *files.Reader) error {
				text := "-"
				if r != nil {
					content, err := io.ReadAll(r)
					if err != nil {
						return err
					}
					text = string(content)
				}
				seen = append(seen, text)
				return steps[len(seen)-1]()
			}, &watch.Options{OnError: func(err error, _ int) { t.Log(err) }})
		if want := []string{"one", "one", "two", "-", "two", ""}; err != nil ||
			!slices.Equal(seen, want) {
			t.Errorf("the reports are %q, want %q; %v", seen, want, err)
		}
		if n := ops.take(); len(n) != 1 || n[files.OpGet] < len(steps) {
			t.Errorf("the operations are %v, want a length of 1 and at least %v", n, len(steps))
		}
	})
}

// TestWatchUnderFaults: on every service a watch whose requests fail, and whose function
// fails, reports contents in the order in which they were written, none twice after the
// function has succeeded, and the last one.
func TestWatchUnderFaults(t *testing.T) {
	const last = 30
	eachStore(t, func(t *testing.T, b files.Bucket) {
		written := make(chan error, 1)
		go func() {
			for i := range last + 1 {
				if _, err := files.PutString(t.Context(), b, "d/a", strconv.Itoa(i),
					nil); err != nil {
					written <- err
					return
				}
			}
			written <- nil
		}()
		calls, before := 0, -1
		err := watch.File(t.Context(), troubled(b, 7), "d/a", time.Millisecond,
			func(_ context.Context, r *files.Reader) error {
				if r == nil {
					return nil // before the first Put
				}
				text, err := r.ReadString()
				if err != nil {
					return err
				}
				n, err := strconv.Atoi(text)
				if err != nil || n <= before {
					t.Errorf("%q is reported after %d", text, before)
				}
				if calls++; calls%3 == 0 {
					return errors.New("the function's own")
				}
				if before = n; n == last {
					return watch.Stop
				}
				return nil
			}, &watch.Options{OnError: func(err error, _ int) { t.Log(err) }})
		if err != nil {
			t.Errorf("watch.File(d/a) = %v, want nil", err)
		}
		if err := <-written; err != nil {
			t.Errorf("%v, want nil", err)
		}
	})
}
