package driver

import (
	"context"
	"sync"

	"cloudfiles.dev/files"
)

// A stepGuard makes a function safe for wrappers whose hook calls it several times at
// once: the calls follow each other, and the first that succeeds is the last. So the
// function may write to its caller's variables.
type stepGuard[T any] struct {
	f    func(ctx context.Context, to T) error
	mu   sync.Mutex
	over bool
}

var errStepOver = Errorf(files.ErrClosed, "another call of the step succeeded first, or "+
	"the operation is over")

// call calls the function, unless a call has succeeded or end was called. It is then
// files.ErrClosed.
func (g *stepGuard[T]) call(ctx context.Context, to T) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.over {
		return errStepOver
	}
	err := g.f(ctx, to)
	g.over = err == nil
	return err
}

// end waits for a call that a hook has left behind, and prevents further ones. It returns
// whether a call has succeeded.
func (g *stepGuard[T]) end() (succeeded bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	succeeded, g.over = g.over, true
	return succeeded
}

// result returns err, or why nothing was done although a wrapper says that it was.
func (g *stepGuard[T]) result(err error) error {
	if !g.end() && err == nil {
		return errNotDone
	}
	return err
}

var errNotDone = Errorf(files.ErrUnsupported, "a wrapper did not carry out the step")
