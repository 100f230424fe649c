package files

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"cloudfiles.dev/files/internal/contexts"
)

// winner decides which call of an Around's next counts, because a hook may make several
// at once.
type winner struct {
	on   bool // there is an Around
	mu   sync.Mutex
	wins atomic.Int64 // written with mu held
	over bool         // Around has returned
	ran  atomic.Bool  // next was called
}

var errLost = errorf(ErrClosed, "another call of next succeeded first")

// turn returns the value that win gets at the end of a call.
func (c *Call) turn() int64 { return c.won.wins.Load() }

// win runs keep, which takes over the results of a call, unless another call that ran
// at the same time has succeeded before, or Around has returned.
func (c *Call) win(turn int64, keep func()) bool {
	if !c.won.on {
		keep()
		return true
	}
	c.won.mu.Lock()
	defer c.won.mu.Unlock()
	if c.won.over || c.won.wins.Load() != turn {
		return false
	}
	c.won.wins.Add(1)
	keep()
	return true
}

// settle prevents further calls from winning. Only the goroutine that called Around
// calls it, so it may look at over without the lock.
func (c *Call) settle() {
	if c.won.on && !c.won.over {
		c.won.mu.Lock()
		c.won.over = true
		c.won.mu.Unlock()
	}
}

// governed is a context with the values of a hook's context; others decide when it
// ends.
type governed struct{ context.Context }

// Err distinguishes a deadline from a cancellation, as the context that ended it does.
func (g governed) Err() error {
	err := g.Context.Err()
	if err != nil && errors.Is(context.Cause(g.Context), context.DeadlineExceeded) {
		return context.DeadlineExceeded
	}
	return err
}

// opening is the context of a body. The hook's context governs it while the body is
// being opened, and afterwards the one that govern chooses.
type opening struct {
	ctx    governed
	hook   context.Context
	cancel context.CancelCauseFunc
	stop   func() bool
}

// newOpening returns nil if the hook's context ends only with the caller's.
func newOpening(caller, hook context.Context) *opening {
	if hook == nil {
		return nil
	}
	if _, ok := hook.(contexts.Lasting); ok || hook.Done() == caller.Done() {
		return nil
	}
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(hook))
	o := &opening{ctx: governed{ctx}, hook: hook, cancel: cancel}
	o.follow(hook)
	return o
}

func (o *opening) follow(ctx context.Context) {
	o.stop = context.AfterFunc(ctx, func() { o.cancel(context.Cause(ctx)) })
}

// opened ends the influence of the hook's context. If that context has ended already,
// opened returns its error.
func (o *opening) opened() error {
	if o.stop() {
		return nil
	}
	return contextError(o.hook)
}

// govern is called when Around has returned. A deadline of the hook's context still
// holds, but not its cancellation, which a deferred cancel has just made. govern
// returns the context that governs; its end reaches the body's context a moment later.
func (o *opening) govern(caller context.Context) context.Context {
	by := o.hook
	if by.Err() == context.Canceled {
		by = caller
	}
	o.follow(by)
	return by
}

// end releases what the context holds.
func (o *opening) end() {
	o.stop()
	o.cancel(nil)
}
