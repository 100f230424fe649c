package check

import (
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"cloudfiles.dev/conformance/internal/suite"
)

// Parallel runs f(0) to f(n-1) at once and waits for them. A panic of one panics here.
func Parallel(n int, f func(i int)) {
	var wg sync.WaitGroup
	var panicked atomic.Pointer[string]
	for i := range n {
		wg.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					text := fmt.Sprintf("%v\n%s", p, debug.Stack())
					panicked.CompareAndSwap(nil, &text)
				}
			}()
			f(i)
		})
	}
	wg.Wait()
	if text := panicked.Load(); text != nil {
		panic(*text)
	}
}

// Background runs f in a goroutine. A panic of f fails the case. done is closed when f
// has ended.
func Background(t suite.T, f func()) (done <-chan struct{}) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer func() {
			if p := recover(); p != nil {
				t.Errorf("panic: %v\n%s", p, debug.Stack())
			}
		}()
		f()
	}()
	return ended
}

// Race is Parallel, but no f begins before all goroutines have started.
func Race(n int, f func(i int)) {
	var ready sync.WaitGroup
	ready.Add(n)
	Parallel(n, func(i int) {
		ready.Done()
		ready.Wait()
		f(i)
	})
}
