package blockcache

import (
	"context"
	"errors"
)

// Flight is a read of neighbouring blocks that is in progress. Every reader that needs
// one of the blocks waits for it. The read stops early only when all these readers have
// left.
type Flight struct {
	Lo, Hi int64 // the blocks

	file    *File
	entries []*entry
	waiters int // guarded by the cache's mutex
	cancel  context.CancelFunc
	done    chan struct{}
	err     error // once done is closed
}

// Buffers makes the memory of the blocks, one buffer for each.
func (fl *Flight) Buffers() [][]byte {
	p := make([][]byte, len(fl.entries))
	for i, e := range fl.entries {
		p[i] = make([]byte, e.size)
	}
	return p
}

// Start runs the read in a goroutine. read fills the buffers. Its context ends when
// nobody waits any more; it has ctx's values, but doesn't end with ctx.
func (fl *Flight) Start(ctx context.Context, read func(ctx context.Context, p [][]byte) error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	c := fl.file.cache
	c.mu.Lock()
	fl.cancel = cancel
	c.mu.Unlock()
	go func() {
		defer cancel()
		p, err := fl.Buffers(), errNoEnd
		defer func() { fl.End(p, err) }() // even if read ends the goroutine
		err = read(ctx, p)
	}()
}

var errNoEnd = errors.New("the read ended its goroutine")

// End ends the read with the blocks' content or an error. A read that failed leaves
// nothing behind. The caller must not use p any more.
func (fl *Flight) End(p [][]byte, err error) {
	c := fl.file.cache
	c.mu.Lock()
	defer c.mu.Unlock()
	fl.err = err
	f := fl.file
	for i, e := range fl.entries {
		if f.blocks[e.index] != e { // nobody waited any more
			c.used -= e.size
			continue
		}
		if err != nil || c.closed {
			delete(f.blocks, e.index)
			c.used -= e.size
			continue
		}
		e.data, e.flight, e.ahead = p[i], nil, true
		e.at = c.once.PushFront(e)
	}
	f.users--
	c.forget(f)
	close(fl.done)
}

// Wait waits until the blocks are there, and returns the error of the read. If ctx ends
// first, it leaves at once and returns false.
func (fl *Flight) Wait(ctx context.Context) (err error, ended bool) {
	select {
	case <-fl.done:
	case <-ctx.Done():
		select {
		case <-fl.done: // both
		default:
			fl.leave()
			return nil, false
		}
	}
	return fl.err, true
}

// leave removes a waiter. The last one stops the read, and the blocks can be read anew
// at once.
func (fl *Flight) leave() {
	c := fl.file.cache
	c.mu.Lock()
	defer c.mu.Unlock()
	if fl.waiters--; fl.waiters > 0 || fl.cancel == nil {
		return
	}
	fl.cancel()
	for _, e := range fl.entries {
		if fl.file.blocks[e.index] == e && e.flight != nil {
			delete(fl.file.blocks, e.index)
		}
	}
}
