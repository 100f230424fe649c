// Package each calls a function for many names, for package files and for drivers whose
// service has no bulk delete (D3).
package each

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// workers is how many names are worked on at a time.
const workers = 8

// Name calls f for every name, eight at a time, and returns the errors in the order of
// names. A panic or runtime.Goexit of f ends the calling goroutine in the same way (X2).
func Name(ctx context.Context, names []string,
	f func(ctx context.Context, name string) error) []error {
	errs := make([]error, len(names))
	Index(workers, len(names), func(i int) bool {
		errs[i] = f(ctx, names[i])
		return true
	})
	return errs
}

// Index calls f for every number from 0 to n-1, in order, atOnce at a time, until f
// returns false or panics. A panic or runtime.Goexit of f ends the calling goroutine in
// the same way.
func Index(atOnce, n int, f func(i int) bool) {
	var (
		wg     sync.WaitGroup
		next   atomic.Int64
		over   atomic.Bool
		broken BrokenOff
	)
	for range min(atOnce, n) {
		wg.Go(func() {
			whole := false
			defer func() {
				if !whole {
					broken.By(recover())
				}
			}()
			for !over.Load() && !broken.is() {
				i := int(next.Add(1) - 1)
				if i >= n {
					break
				}
				if !f(i) {
					over.Store(true)
				}
			}
			whole = true
		})
	}
	wg.Wait()
	broken.Resume()
}

// BrokenOff carries a panic or runtime.Goexit from other goroutines to the one that
// waits for them, so that it can be recovered there as if it had happened there.
type BrokenOff struct {
	off   atomic.Bool
	once  sync.Once
	value any // of the panic; nil for runtime.Goexit
}

func (b *BrokenOff) is() bool { return b.off.Load() }

// By notes what ended one of the goroutines; nil is runtime.Goexit.
func (b *BrokenOff) By(value any) {
	b.once.Do(func() { b.value = value })
	b.off.Store(true)
}

// Resume ends the goroutine that waits in the same way as the other one ended.
func (b *BrokenOff) Resume() {
	switch {
	case !b.off.Load():
	case b.value == nil:
		runtime.Goexit()
	default:
		panic(b.value)
	}
}
