package driver

import (
	"context"
	"sync"
)

// DefaultPartMemory bounds the memory, in bytes, that all uploads of a bucket together
// hold for parts, in the drivers of this module. One part of each upload isn't counted.
const DefaultPartMemory = 256 << 20

// PartMemory bounds the memory that all uploads of one bucket hold together: beyond one
// part each, they hold no more than the bytes that were given to NewPartMemory. An
// upload for which none is left sends one part after the other. PartMemory is safe for
// concurrent use.
type PartMemory struct {
	free chan struct{} // a token for each block
}

// NewPartMemory returns a PartMemory of that many bytes, rounded down to whole MiB.
func NewPartMemory(bytes int64) *PartMemory {
	m := &PartMemory{make(chan struct{}, max(bytes/blockSize, 0))}
	for range cap(m.free) {
		m.free <- struct{}{}
	}
	return m
}

// partTokens are the blocks that one upload may hold. Its own are enough for one part,
// so that it never waits for other uploads; the others are the bucket's.
type partTokens struct {
	shared *PartMemory // or nil: all are its own
	most   int
	wake   chan struct{} // gets a value when a block was given back

	mu   sync.Mutex
	mine int
	free int // of its own
	lent int // of the bucket's
}

func (t *partTokens) init(shared *PartMemory, most int) {
	t.shared, t.most, t.wake = shared, most, make(chan struct{}, 1)
	if shared == nil {
		t.own(most)
	}
}

// own raises the number of its own blocks to at least n, for a part of n blocks.
func (t *partTokens) own(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if more := n - t.mine; more > 0 {
		t.mine += more
		t.free += more
	}
}

// limit changes the number of blocks that it may hold.
func (t *partTokens) limit(most int) {
	t.mu.Lock()
	t.most = most
	more := 0
	if t.shared == nil {
		more = most
	}
	t.mu.Unlock()
	t.own(more)
	t.notify()
}

// take waits for a block. It is for one goroutine.
func (t *partTokens) take(ctx context.Context) (shared bool, err error) {
	for {
		ok, more := t.takeOwn()
		if ok {
			return false, nil
		}
		var lends chan struct{}
		if more {
			lends = t.shared.free
		}
		select {
		case <-t.wake:
		case <-lends:
			t.mu.Lock()
			t.lent++
			t.mu.Unlock()
			return true, nil
		case <-ctx.Done():
			return false, ContextError(ctx)
		}
	}
}

// takeOwn takes a block of its own, or reports whether one of the bucket's may be taken.
func (t *partTokens) takeOwn() (ok, more bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.free > 0 {
		t.free--
		return true, false
	}
	return false, t.shared != nil && t.mine+t.lent < t.most
}

// give gives a block back.
func (t *partTokens) give(shared bool) {
	t.mu.Lock()
	if shared {
		t.lent--
		t.shared.free <- struct{}{} // has room: it was taken from there
	} else {
		t.free++
	}
	t.mu.Unlock()
	t.notify()
}

func (t *partTokens) notify() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}
