// Package callers lets a fake report which line of a program began the work of a
// goroutine of the library, because the goroutine's own stack doesn't show it. Until
// Watch is called, it costs one load of an atomic number.
package callers

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

var watching atomic.Int64

type key struct{}

// Watch lets Mark remember callers until stop is called, which may be called again.
func Watch() (stop func()) {
	watching.Add(1)
	return sync.OnceFunc(func() { watching.Add(-1) })
}

// Mark returns a context that holds the callers of the function that calls Mark, if
// something watches and ctx holds none yet.
func Mark(ctx context.Context) context.Context {
	if watching.Load() == 0 || Of(ctx) != nil {
		return ctx
	}
	var pcs [64]uintptr
	n := runtime.Callers(3, pcs[:])
	return context.WithValue(ctx, key{}, pcs[:n])
}

// Of returns the program counters of the callers that the context holds, the innermost
// first, or nil.
func Of(ctx context.Context) []uintptr {
	pcs, _ := ctx.Value(key{}).([]uintptr)
	return pcs
}
