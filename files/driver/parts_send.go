package driver

import (
	"context"
	"sync"
)

// Send calls send for first, which Next has returned, and for every part after it, and
// releases the parts. It sends at most Concurrency parts at a time, each in a goroutine
// of its own, and up to MaxConcurrency while that is faster. The first error, of the
// content or of send, cancels the context of the others, and Send returns it when all
// have ended. nil means that the whole content was sent.
func (p *Parts) Send(ctx context.Context, first *Part,
	send func(ctx context.Context, part *Part) error) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil) // first, also if reading the content panics or calls Goexit
	width := newWidth(&p.plan, func(n int) { p.memory.limit(p.tokens(p.held(n))) })
	start := func(part *Part) {
		width.enter()
		wg.Go(func() {
			defer width.leave(part.Size)
			defer part.Release()
			if ctx.Err() != nil {
				return
			}
			if err := send(ctx, part); err != nil {
				cancel(&sendError{err})
			}
		})
	}
	start(first)
	for !p.ended() {
		part, err := p.Next(ctx)
		if err != nil {
			if failed, ok := context.Cause(ctx).(*sendError); ok {
				err = failed.err // that ended the reading
			}
			cancel(err)
			return err
		}
		start(part)
	}
	wg.Wait()
	switch cause := context.Cause(ctx).(type) {
	case nil:
		return nil
	case *sendError:
		return cause.err
	}
	return ContextError(ctx)
}

// sendError is a failure of send, as opposed to the end of the caller's context.
type sendError struct{ err error }

func (e *sendError) Error() string { return e.err.Error() }
