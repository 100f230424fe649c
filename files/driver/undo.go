package driver

import (
	"context"
	"time"

	"cloudfiles.dev/files/internal/cleanup"
	"cloudfiles.dev/files/internal/each"
)

// cleanupTime bounds what is done after a failure, when the caller's context has ended
// or soon will.
const cleanupTime = 10 * time.Second

// CleanupContext returns a context for undoing what a failed call began, such as an
// unfinished upload. It has the values of ctx, ends after 10 seconds, and doesn't end
// when ctx does.
func CleanupContext(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
}

// undoWait is how long Undo waits after its context has ended: a call returns within
// 100 ms (X2).
const undoWait = 50 * time.Millisecond

// Undo calls f, with a CleanupContext, to undo what a failed call began at a service.
// It returns when f does, but at most 50 ms after the end of ctx; f then continues by
// itself, and the function that resume.Settle returns waits for it.
func Undo(ctx context.Context, f func(ctx context.Context)) {
	inner, cancel := CleanupContext(ctx)
	done := make(chan struct{})
	end := cleanup.Begin(ctx)
	go func() {
		defer end()
		defer close(done)
		defer cancel()
		f(inner)
	}()
	select {
	case <-done:
		return
	case <-ctx.Done():
	}
	t := time.NewTimer(undoWait)
	defer t.Stop()
	select {
	case <-done:
	case <-t.C:
	}
}

// Begin calls begin, which makes something at a service that mustn't be left if the call
// fails, such as an upload in parts. If ctx ends first, Begin returns the context's
// error. begin then goes on for at most 10 seconds, since a request that is cut off may
// have been carried out, and remove is called with what it made. The context of begin
// has the values of ctx. begin should make one request; a repetition is for the caller.
func Begin[T any](ctx context.Context, begin func(ctx context.Context) (T, error),
	remove func(ctx context.Context, made T)) (T, error) {
	var (
		none   T
		broken each.BrokenOff
	)
	if ctx.Err() != nil {
		return none, ContextError(ctx)
	}
	type result struct {
		made T
		err  error
	}
	inner, cancel := context.WithCancel(context.WithoutCancel(ctx))
	results, died, left := make(chan result), make(chan struct{}), make(chan struct{})
	end := cleanup.Begin(ctx)
	go func() {
		whole := false
		defer end()
		defer cancel()
		defer func() {
			if !whole {
				broken.By(recover())
				close(died)
			}
		}()
		made, err := begin(inner)
		select {
		case results <- result{made, err}:
		case <-left:
			if err == nil {
				after, cancel := CleanupContext(ctx)
				defer cancel()
				remove(after, made)
			}
		}
		whole = true
	}()
	select {
	case r := <-results:
		return r.made, r.err
	case <-died:
		broken.Resume()
	case <-ctx.Done():
	}
	close(left)
	late := time.AfterFunc(cleanupTime, cancel)
	context.AfterFunc(inner, func() { late.Stop() })
	return none, ContextError(ctx)
}
