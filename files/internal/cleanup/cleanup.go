// Package cleanup counts what calls leave to goroutines when their context has ended,
// such as the removal of an upload, so that a program can wait for it before it exits.
package cleanup

import (
	"context"
	"sync"
)

// Group counts the cleaning up of the calls that have its context. The zero value isn't
// usable; With makes one.
type Group struct {
	outer *Group

	mu   sync.Mutex
	zero sync.Cond
	n    int
}

type key struct{}

// With returns a context with a group. What the group counts, a group that ctx has
// already counts as well.
func With(ctx context.Context) (context.Context, *Group) {
	g := &Group{}
	g.zero.L = &g.mu
	g.outer, _ = ctx.Value(key{}).(*Group)
	return context.WithValue(ctx, key{}, g), g
}

// Begin notes that cleaning up after a call with the context begins, until end is
// called.
func Begin(ctx context.Context) (end func()) {
	g, _ := ctx.Value(key{}).(*Group)
	g.add(1)
	return func() { g.add(-1) }
}

func (g *Group) add(n int) {
	for ; g != nil; g = g.outer {
		g.mu.Lock()
		if g.n += n; g.n == 0 {
			g.zero.Broadcast()
		}
		g.mu.Unlock()
	}
}

// Wait waits until nothing is being cleaned up.
func (g *Group) Wait() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.n > 0 {
		g.zero.Wait()
	}
}
