// Package callers lets a fake report which line of a program began the work of a
// goroutine of the library, because the goroutine's own stack doesn't show it, and
// whether the program has ended it. Until Watch is called, it costs one load of an atomic
// number.
package callers

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

var watching atomic.Int64

type key struct{}

// Origin is where the program began something that a goroutine of the library does.
type Origin struct {
	PCs []uintptr // program counters, the innermost first
	// Abort ends it with an error. It is set before the goroutine begins.
	Abort context.CancelCauseFunc
	ended atomic.Bool
}

// End notes that the program has ended it. The Origin may be nil.
func (o *Origin) End() {
	if o != nil {
		o.ended.Store(true)
	}
}

// Ended reports whether End was called.
func (o *Origin) Ended() bool { return o.ended.Load() }

// Watch lets Mark remember callers until stop is called, which may be called again.
func Watch() (stop func()) {
	watching.Add(1)
	return sync.OnceFunc(func() { watching.Add(-1) })
}

// Mark returns a context that holds an Origin with the callers of the function that
// calls Mark, if something watches and ctx holds none yet, and that Origin. Otherwise
// the Origin is nil.
func Mark(ctx context.Context) (context.Context, *Origin) {
	if watching.Load() == 0 || Of(ctx) != nil {
		return ctx, nil
	}
	var pcs [64]uintptr
	n := runtime.Callers(3, pcs[:])
	o := &Origin{PCs: pcs[:n]}
	return context.WithValue(ctx, key{}, o), o
}

// Of returns the Origin that the context holds, or nil.
func Of(ctx context.Context) *Origin {
	o, _ := ctx.Value(key{}).(*Origin)
	return o
}
