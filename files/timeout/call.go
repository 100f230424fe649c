package timeout

import (
	"context"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// call is one call: its context and the watch over its waits.
//
// The context has neither a channel nor a timer until Done is called, because a driver
// that only calls Err needs neither. The timer is reset only if it would fire too late,
// so a wait usually only reads the clock twice.
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
	limit   string    // the field of Options that bounds the wait
	spent   time.Duration
	late    *Error // a wait was too long
	over    bool
	body    io.Closer // once set, it is closed in place of ending the context
	put     content
}

// content is the state of a Put's content.
type content struct {
	watched bool  // its Reads pass through the layer
	whole   bool  // it was read to its end
	failure error // of the content's Read
}

// cancellable is the context whose Done others wait for.
type cancellable struct {
	context.Context
	cancel context.CancelCauseFunc
}

// Lasting implements contexts.Lasting: a limit ends the context only while its call
// runs.
func (c *call) Lasting() {}

// Done makes the cancellable context at its first call.
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
	} else if in == nil { // there may be no timer that ends the wait
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

// release frees what the context holds. It is called when the call and its body are
// over.
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

// begin begins a wait, which may last for the duration after; 0 is no limit.
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

// arm sets the timer, if it wouldn't fire by the end of the wait anyway. The caller
// holds mu.
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

// pause ends a wait. It returns the limit that was exceeded, or nil.
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

// due reports whether the wait has exceeded its limit. The caller holds mu.
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

// content returns the state of a Put's content.
func (c *call) content() content {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.put
}

// setContent sets the state of a Put's content.
func (c *call) setContent(now content) {
	c.mu.Lock()
	c.put = now
	c.mu.Unlock()
}
