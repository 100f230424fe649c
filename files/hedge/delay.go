package hedge

import (
	"slices"
	"sync"
	"time"
)

const (
	// window is how many calls the delay is made of.
	window = 100
	// fewest is how many calls there must be before the delay is known.
	fewest = 20
	// every is after how many calls the delay is worked out anew.
	every = 10
	// percent of the calls are answered within the delay.
	percent = 95
	// least is the least delay that is worked out.
	least = time.Millisecond
)

// times are how long the last calls of one kind took.
type times struct {
	mu    sync.Mutex
	last  []time.Duration // in no order, once it is full
	n     int             // calls so far
	delay time.Duration   // 0: not known yet
}

// add notes how long a call took. For a call that was cancelled because another one was
// answered, it is how long it had taken until then: without these the delay would sink
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

// known returns the delay, or 0.
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

// earn is called for each call.
func (b *budget) earn() {
	b.mu.Lock()
	b.left = min(b.left+b.share, b.burst)
	b.mu.Unlock()
}

// take pays for an extra request, if there is enough left.
func (b *budget) take() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}
