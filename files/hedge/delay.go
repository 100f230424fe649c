package hedge

import (
	"slices"
	"sync"
	"time"
)

const (
	// window is the number of calls from which the delay is computed.
	window = 100
	// fewest is how many calls there must be before the delay is computed.
	fewest = 20
	// every is the number of calls after which the delay is computed again.
	every = 10
	// percent is the share of the calls that end within the delay.
	percent = 95
	// least is the smallest delay that is computed.
	least = time.Millisecond
)

// times records how long the last calls of one kind took.
type times struct {
	mu    sync.Mutex
	last  []time.Duration // a ring, once it is full
	n     int             // calls so far
	delay time.Duration   // 0: not known yet
}

// add records how long a call took. For a call that was cancelled because the other one
// had a result, it is the time until then: without these times the delay would sink
// from one hedged call to the next.
func (t *times) add(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.last) < window {
		t.last = append(t.last, d)
	} else {
		t.last[t.n%window] = d
	}
	if t.n++; t.n >= fewest && t.n%every == 0 {
		sorted := slices.Clone(t.last)
		slices.Sort(sorted)
		t.delay = max(sorted[(len(sorted)*percent+99)/100-1], least)
	}
}

// known returns the delay, or 0 if it isn't known yet.
func (t *times) known() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.delay
}

// budget bounds extra requests to a share of all calls.
type budget struct {
	mu           sync.Mutex
	share, burst float64
	left         float64
}

// earn adds a call's share to the budget.
func (b *budget) earn() {
	b.mu.Lock()
	b.left = min(b.left+b.share, b.burst)
	b.mu.Unlock()
}

// take pays for an extra request. It reports whether there was enough left.
func (b *budget) take() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}
