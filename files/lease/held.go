package lease

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"cloudfiles.dev/files"
)

// Lease is a lease that is held, or was. It is safe for concurrent use.
type Lease struct {
	lock  *Lock
	id    string
	token int64

	ctx    context.Context // without the look at the clock
	cancel context.CancelCauseFunc
	done   chan struct{} // closed when the goroutine has ended

	mu    sync.Mutex
	start time.Time // before the last write that was answered was sent
	timer *time.Timer
}

// newLease begins the renewals. start is a time before the lease's write was sent.
func newLease(ctx context.Context, l *Lock, id string, token int64, start time.Time) *Lease {
	h := &Lease{
		lock:  l,
		id:    id,
		token: token,
		done:  make(chan struct{}),
		start: start,
	}
	h.ctx, h.cancel = context.WithCancelCause(ctx)
	h.mu.Lock()
	h.timer = time.AfterFunc(h.left(), h.expire)
	h.mu.Unlock()
	go h.renew()
	return h
}

// Token is the fencing token: larger than that of every earlier holder of the lease, and
// the same as long as this Lease is held. The first is 1.
//
// Who writes to what the lease protects sends the token along, and what is protected
// refuses a token that is smaller than one that it has seen.
func (h *Lease) Token() int64 { return h.token }

// Context returns the context for the work that the lease protects. It ends when
//
//   - the context that was given to Acquire ends, or Release is called, or
//   - the lease can't be renewed in time, or is gone: then context.Cause is ErrLost.
//
// It ends at least a quarter of Duration before another can acquire the lease, unless
// the file was deleted or overwritten. Its Err looks at the clock, so that a process
// that was stopped sees the end before anything else has run.
//
// After the end of the context that was given to Acquire there are no more renewals, so
// the work should end within half of Duration.
func (h *Lease) Context() context.Context { return heldContext{h.ctx, h} }

// heldContext is a context whose Err looks at the clock.
type heldContext struct {
	context.Context
	lease *Lease
}

func (c heldContext) Err() error {
	c.lease.expire()
	return c.Context.Err()
}

// left is how much of the lease's time is left, by the clock that says less. The caller
// holds mu.
func (h *Lease) left() time.Duration {
	now := time.Now()
	passed := now.Sub(h.start)
	wall := now.Round(0).Sub(h.start.Round(0)) // goes on while the machine sleeps
	return h.lock.duration/4*3 - max(passed, wall)
}

// expire ends the context if the lease's time is over, and otherwise sets the timer
// anew.
func (h *Lease) expire() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.check()
}

// check is expire for a caller who holds mu. It reports whether the lease is still held.
func (h *Lease) check() bool {
	if h.ctx.Err() != nil {
		return false
	}
	left := h.left()
	if left <= 0 {
		h.cancel(fmt.Errorf("%w: it wasn't renewed in time", ErrLost))
		return false
	}
	h.timer.Reset(left)
	return true
}

// extend counts the lease's time from start, unless it is over.
func (h *Lease) extend(start time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.check() {
		h.start = start
		h.check()
	}
}

// renew keeps the lease until its context ends.
func (h *Lease) renew() {
	defer close(h.done)
	for wait := h.lock.duration / 3; ; {
		if sleep(h.ctx, wait) != nil {
			h.stop()
			return
		}
		start, err := h.write(h.ctx, true)
		switch {
		case err == nil:
			h.extend(start)
			wait = h.lock.duration/3 - time.Since(start)
		case errors.Is(err, ErrLost):
			h.cancel(err)
		default: // again, until the time is over
			wait = h.lock.duration/30 + jitter(h.lock.duration/30)
		}
	}
}

func (h *Lease) stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.timer.Stop()
}

// write renews the record, or gives it up, if it is this lease's. It returns a time
// before the write.
func (h *Lease) write(ctx context.Context, held bool) (start time.Time, err error) {
	fn := func(old []byte) ([]byte, error) {
		r, err := parse(old)
		if err != nil || r.ID != h.id {
			return nil, fmt.Errorf("%w: its file was deleted or overwritten", ErrLost)
		}
		start = time.Now()
		next := record{Token: h.token}
		if held {
			next = *r
		}
		return next.encode()
	}
	if held {
		_, err = files.Update(ctx, h.lock.bucket, h.lock.name, fn, attributes)
	} else {
		_, err = retried(ctx, h.lock, fn)
	}
	return start, err
}

// Release ends the Context and gives the lease up, so that another can have it at once.
// If the lease isn't this one's any more, it changes nothing and returns nil: whether
// the lease was held all the while is what context.Cause of the Context says.
//
// Release works after the end of every context: it uses the values of ctx, but not its
// end, because it is called when things end. It takes at most Duration. After an error
// the lease becomes free by itself once Duration has passed; Release may be called
// again.
func (h *Lease) Release(ctx context.Context) error {
	h.cancel(context.Canceled)
	<-h.done // so that no renewal is on its way
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), h.lock.duration)
	defer cancel()
	_, err := h.write(ctx, false)
	if errors.Is(err, ErrLost) {
		return nil
	}
	return err
}
