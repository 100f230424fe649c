package lease

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"cloudfiles.dev/files"
)

// Lease is a lease that Acquire or TryAcquire has taken. It is safe for concurrent use.
type Lease struct {
	lock  *Lock
	id    string
	token int64

	ctx    context.Context // its Err doesn't check the clock
	cancel context.CancelCauseFunc
	done   chan struct{} // closed when the goroutine has ended

	mu    sync.Mutex
	start time.Time // before the last successful write was sent
	timer *time.Timer
}

// newLease returns a Lease and begins its renewals. start is a time before the lease's
// write was sent.
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

// Token returns the fencing token. It is larger than the token of every earlier holder,
// and constant for this Lease. The first token is 1.
//
// The holder sends the token with each write to the protected resource, which refuses a
// token that is smaller than one that it received before.
func (h *Lease) Token() int64 { return h.token }

// Context returns the context for the work that the lease protects. It ends when
//
//   - the context that was given to Acquire ends, or Release is called, or
//   - the lease can't be renewed in time, or is gone: then context.Cause is ErrLost.
//
// It ends at least a quarter of Duration before another process can acquire the lease,
// unless the file was deleted or overwritten. Its Err checks the clock, so that it is
// right in a process that was stopped, even before any timer has fired.
//
// After the context that was given to Acquire has ended there are no more renewals, so
// the work should end within half of Duration.
func (h *Lease) Context() context.Context { return heldContext{h.ctx, h} }

// heldContext is a context whose Err checks the clock.
type heldContext struct {
	context.Context
	lease *Lease
}

func (c heldContext) Err() error {
	c.lease.expire()
	return c.Context.Err()
}

// left returns the lease's remaining time, by the clock that leaves less. The caller
// holds mu.
func (h *Lease) left() time.Duration {
	now := time.Now()
	passed := now.Sub(h.start)
	wall := now.Round(0).Sub(h.start.Round(0)) // goes on while the machine sleeps
	return h.lock.duration/4*3 - max(passed, wall)
}

// expire ends the context if the lease's time is over, and otherwise resets the timer.
func (h *Lease) expire() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.check()
}

// check does what expire does, for a caller that holds mu. It reports whether the lease
// is still held.
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

// extend makes the lease's time begin at start, unless it is over already.
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
		default: // retry until the time is over
			wait = h.lock.duration/30 + jitter(h.lock.duration/30)
		}
	}
}

func (h *Lease) stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.timer.Stop()
}

// write renews the record, or releases the lease, if the record is this lease's. It
// returns a time before the write was sent.
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

// Release ends the Context and gives the lease up, so that another process can acquire
// it at once. If the lease was lost before, Release changes nothing and returns nil;
// context.Cause of the Context then is ErrLost.
//
// Release also works after the end of ctx: it uses only the values of ctx. It takes at
// most Duration. If it fails, it may be called again; otherwise the lease becomes free
// when Duration has passed.
func (h *Lease) Release(ctx context.Context) error {
	h.cancel(context.Canceled)
	<-h.done // so that no renewal is in progress
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
