package timeout

import (
	"context"
	"io"
	"math"
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

	// end is the moment at which a wait exceeds its limit, and 0 if nothing waits. late
	// is set if a wait was too long. Both are written only with mu held.
	end  atomic.Int64
	late atomic.Pointer[Error]

	mu    sync.Mutex
	timer *time.Timer
	rings int64  // the moment at which the timer fires; 0 if it isn't set
	since int64  // the moment at which the wait began
	limit string // the field of Options that bounds the wait
	spent time.Duration
	over  bool
	body  io.Closer // once set, it is closed in place of ending the context
	put   content
}

// origin is the zero of the moments below. A time.Time costs two readings of clocks, and
// a moment costs one.
var origin = time.Now()

// moment returns the present moment, in nanoseconds.
func moment() int64 { return int64(time.Since(origin)) }

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
		in.cancel(c.late.Load())
	}
	c.inner.Store(in)
	if end := c.end.Load(); end != 0 {
		c.arm(end, end-moment())
	}
	return in.Done()
}

func (c *call) Err() error {
	if err := c.Context.Err(); err != nil {
		return err
	}
	if in := c.inner.Load(); in != nil && !c.expired.Load() {
		return in.Err()
	} else if in == nil && c.due() { // there may be no timer that ends the wait
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
	c.over = true
	c.end.Store(0)
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
	if c.over || c.late.Load() != nil || after <= 0 {
		return
	}
	c.since, c.limit = moment(), limit
	end := c.since + int64(after)
	if end < c.since { // the limit is longer than the clock counts
		end = math.MaxInt64
	}
	c.end.Store(end)
	if c.inner.Load() != nil || c.body != nil {
		c.arm(end, int64(after))
	}
}

// arm sets the timer, if it wouldn't fire by the end of the wait anyway, which is after
// so many nanoseconds. The caller holds mu.
func (c *call) arm(end, after int64) {
	switch {
	case c.timer == nil:
		c.timer = time.AfterFunc(time.Duration(after), c.ring)
	case c.rings == 0 || end < c.rings:
		c.timer.Reset(time.Duration(after))
	default:
		return
	}
	c.rings = end
}

// pause ends a wait. It returns the limit that was exceeded, or nil.
func (c *call) pause() *Error {
	if c.end.Load() == 0 {
		return c.late.Load()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.end.Swap(0) != 0 && c.layer.Call > 0 {
		c.spent += time.Duration(moment() - c.since)
	}
	return c.late.Load()
}

// due reports whether a wait has exceeded its limit and hasn't ended yet.
func (c *call) due() bool {
	end := c.end.Load()
	return end != 0 && moment() >= end
}

// expire ends the call, and with it the context, unless there is a body to close. The
// caller holds mu.
func (c *call) expire() {
	c.late.Store(&Error{c.limit, c.layer.bound(c.limit)})
	if c.body == nil {
		c.expired.Store(true)
	}
	c.end.Store(0) // the last, because pause looks at it without mu
}

// ring is called when the timer fires.
func (c *call) ring() {
	c.mu.Lock()
	c.rings = 0
	end := c.end.Load()
	switch {
	case end == 0 || c.Context.Err() != nil:
		c.mu.Unlock()
		return
	case !c.due():
		c.arm(end, end-moment())
		c.mu.Unlock()
		return
	}
	c.expire()
	body, in, late := c.body, c.inner.Load(), c.late.Load()
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
