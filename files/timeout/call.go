package timeout

import (
	"context"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// call is one call, the watch over what it waits for, and its context.
//
// The context costs nothing until somebody asks for Done. The timer is reset only if it
// would fire too late, so a wait costs two looks at the clock.
type call struct {
	context.Context // the caller's
	layer           *layer

	inner   atomic.Pointer[cancellable]
	expired atomic.Bool // the context ended by a limit

	mu      sync.Mutex
	timer   *time.Timer
	rings   time.Time // when the timer fires; zero if it isn't set
	waiting bool
	since   time.Time
	end     time.Time // of the wait, by a limit
	limit   string    // which it is
	spent   time.Duration
	late    *Error // a wait was too long
	over    bool
	body    io.Closer // to close in place of ending the context, once there is one
	put     content
}

// content is what is known of a Put's content.
type content struct {
	watched bool  // its Reads are seen
	whole   bool  // it was read to its end
	failure error // of its own Read
}

// cancellable is the context that others see end.
type cancellable struct {
	context.Context
	cancel context.CancelCauseFunc
}

// Lasting: the context ends by a limit only while its call is carried out
// (contexts.Lasting).
func (c *call) Lasting() {}

// Done is that of a context which is made here.
func (c *call) Done() <-chan struct{} {
	if in := c.inner.Load(); in != nil {
		return in.Done()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if in := c.inner.Load(); in != nil {
		return in.Done()
	}
	in := &cancellable{}
	in.Context, in.cancel = context.WithCancelCause(c.Context)
	if c.expired.Load() {
		in.cancel(c.late)
	}
	c.inner.Store(in)
	return in.Done()
}

func (c *call) Err() error {
	if err := c.Context.Err(); err != nil {
		return err
	}
	if c.expired.Load() {
		return context.DeadlineExceeded
	}
	if in := c.inner.Load(); in != nil {
		return in.Err()
	}
	return nil
}

type callKey struct{ *layer }

func (c *call) Value(key any) any {
	if k, ok := key.(callKey); ok && k.layer == c.layer {
		return c
	}
	if in := c.inner.Load(); in != nil {
		return in.Value(key)
	}
	return c.Context.Value(key)
}

// release frees what the context holds, at the end of what it governs.
func (c *call) release() {
	c.mu.Lock()
	c.over, c.waiting = true, false
	if c.timer != nil {
		c.timer.Stop()
	}
	c.mu.Unlock()
	if in := c.inner.Load(); in != nil {
		in.cancel(nil)
	}
}

// begin is the beginning of a wait, which a limit of so long bounds; 0 is none.
func (c *call) begin(limit string, after time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if left := c.layer.Call - c.spent; c.layer.Call > 0 && (after <= 0 || left < after) {
		limit, after = "Call", max(left, 1)
	}
	if c.over || c.late != nil || after <= 0 {
		return
	}
	c.waiting, c.since, c.limit = true, time.Now(), limit
	c.end = c.since.Add(after)
	switch {
	case c.timer == nil:
		c.timer = time.AfterFunc(after, c.ring)
	case c.rings.IsZero() || c.end.Before(c.rings):
		c.timer.Reset(after)
	default:
		return
	}
	c.rings = c.end
}

// pause is the end of a wait. It returns why the wait was too long, or nil.
func (c *call) pause() *Error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting {
		c.waiting = false
		if c.layer.Call > 0 {
			c.spent += time.Since(c.since)
		}
	}
	return c.late
}

// ring is called when the timer fires.
func (c *call) ring() {
	c.mu.Lock()
	c.rings = time.Time{}
	if !c.waiting || c.over || c.late != nil || c.Context.Err() != nil {
		c.mu.Unlock()
		return
	}
	if left := time.Until(c.end); left > 0 {
		c.rings = c.end
		c.timer.Reset(left)
		c.mu.Unlock()
		return
	}
	c.waiting = false
	c.late = &Error{c.limit, c.layer.bound(c.limit)}
	body := c.body
	if body == nil {
		c.expired.Store(true)
	}
	in, late := c.inner.Load(), c.late
	c.mu.Unlock()
	if body != nil {
		body.Close()
	} else if in != nil {
		in.cancel(late)
	}
}

func (o *Options) bound(limit string) time.Duration {
	for _, l := range o.each() {
		if l.name == limit {
			return l.d
		}
	}
	return 0
}

// content returns what is known of a Put's content.
func (c *call) content() content {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.put
}

// setContent notes how a Read of the content ended. A rewind takes back its end.
func (c *call) setContent(now content) {
	c.mu.Lock()
	c.put = now
	c.mu.Unlock()
}
