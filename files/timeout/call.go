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
// The context has neither a channel nor a timer until somebody asks for Done: whoever
// only asks for Err now and then needs none. The timer is reset only if it would fire too
// late, so a wait costs two looks at the clock.
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
	if c.waiting {
		c.arm(time.Until(c.end))
	}
	return in.Done()
}

func (c *call) Err() error {
	if err := c.Context.Err(); err != nil {
		return err
	}
	if in := c.inner.Load(); in != nil && !c.expired.Load() {
		return in.Err()
	} else if in == nil { // there may be no timer that sees it
		c.mu.Lock()
		if c.inner.Load() == nil && c.body == nil && c.due() {
			c.expire()
		}
		c.mu.Unlock()
	}
	if c.expired.Load() {
		return context.DeadlineExceeded
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
	if c.inner.Load() != nil || c.body != nil {
		c.arm(after)
	}
}

// arm has the timer fire at the end of the wait, or before. The caller holds mu.
func (c *call) arm(after time.Duration) {
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

// due reports whether a wait is too long. The caller holds mu.
func (c *call) due() bool {
	return c.waiting && !c.over && c.late == nil && !time.Now().Before(c.end)
}

// expire ends the call, and with it the context, unless there is a body to close. The
// caller holds mu.
func (c *call) expire() {
	c.waiting = false
	c.late = &Error{c.limit, c.layer.bound(c.limit)}
	if c.body == nil {
		c.expired.Store(true)
	}
}

// ring is called when the timer fires.
func (c *call) ring() {
	c.mu.Lock()
	c.rings = time.Time{}
	switch {
	case !c.waiting || c.over || c.late != nil || c.Context.Err() != nil:
		c.mu.Unlock()
		return
	case !c.due():
		c.arm(time.Until(c.end))
		c.mu.Unlock()
		return
	}
	c.expire()
	body, in, late := c.body, c.inner.Load(), c.late
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
