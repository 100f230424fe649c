package blockcache

import (
	"math"
	"sync/atomic"
	"time"
)

// Window is the memory of a body that several requests read ahead of its reader. It
// counts against the bound of the cache. Its methods are safe for concurrent use.
//
// Windows share the memory. A window that has more than its share gets no more while
// another is refused memory. A window whose reader has paused gives up all its memory to
// those that need it.
type Window struct {
	cache *Cache
	held  int64 // guarded by the cache's mutex
	wants bool  // it was refused memory
	last  atomic.Int64
	drop  func()
}

// pausedAfter is how long a reader may go without a Read before it counts as paused.
const pausedAfter = time.Second

// OpenWindow returns a window that holds nothing. drop is called, from any goroutine,
// to give back what can be fetched again. Close must be called.
func (c *Cache) OpenWindow(drop func()) *Window {
	w := &Window{cache: c, drop: drop}
	w.Reads(false)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.windows == nil {
		c.windows = map[*Window]struct{}{}
	}
	c.windows[w] = struct{}{}
	return w
}

// Close ends the use of the window. What it holds must still be given back.
func (w *Window) Close() {
	w.cache.mu.Lock()
	defer w.cache.mu.Unlock()
	delete(w.cache.windows, w)
}

// Reads notes that a Read begins or ends.
func (w *Window) Reads(begins bool) {
	if begins {
		w.last.Store(math.MaxInt64)
		return
	}
	w.last.Store(time.Now().UnixNano())
}

func (w *Window) paused(now int64) bool {
	last := w.last.Load()
	return last != math.MaxInt64 && now-last > int64(pausedAfter)
}

// Take takes n bytes, unless others need them more. The caller must hold no lock that
// the drop function of any window takes.
func (w *Window) Take(n int64) bool {
	c := w.cache
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		if c.closed || w.greedy(n) {
			return false
		}
		if c.evict(n, false) {
			c.used += n
			w.held += n
			w.wants = false
			return true
		}
		if !c.reclaim() {
			w.wants = true
			return false
		}
	}
}

// greedy reports whether the window has its share and another wants more. The caller
// holds the cache's mutex.
func (w *Window) greedy(n int64) bool {
	now, active, wanted := time.Now().UnixNano(), int64(1), false
	for o := range w.cache.windows {
		if o != w && !o.paused(now) {
			active++
			wanted = wanted || o.wants
		}
	}
	return wanted && w.held+n > w.cache.limit/active
}

// Enough notes that no more will be taken.
func (w *Window) Enough() {
	w.cache.mu.Lock()
	defer w.cache.mu.Unlock()
	w.wants = false
}

// Give gives n bytes back.
func (w *Window) Give(n int64) {
	w.cache.mu.Lock()
	defer w.cache.mu.Unlock()
	w.held -= n
	w.cache.used -= n
}

// reclaim makes a paused window give back what it can, and reports whether one did. The
// caller holds mu, which is released meanwhile.
func (c *Cache) reclaim() bool {
	now := time.Now().UnixNano()
	for w := range c.windows {
		between := w.last.Load() != math.MaxInt64
		if w.held == 0 || !w.paused(now) && !(c.closed && between) {
			continue
		}
		before := w.held
		c.mu.Unlock()
		w.drop()
		c.mu.Lock()
		if w.held < before {
			return true
		}
	}
	return false
}

// Forget ends the use of a window whose body is no longer reachable, and gives back
// what it holds.
func (w *Window) Forget() {
	c := w.cache
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.windows, w)
	c.used -= w.held
	w.held = 0
}
