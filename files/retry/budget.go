package retry

import "sync"

// DefaultBurst is the Burst of a Budget if none is given.
const DefaultBurst = 100

// payback is how many calls must succeed to pay for one repeat.
const payback = 10

// Budget bounds the repeats of many calls, so that a failing service doesn't get
// several times its load in addition. It is a bucket of tokens: each repeat takes one,
// and each call that succeeds puts back a tenth of one. So in the long run there is at
// most one repeat for ten successes, beside a burst. When the tokens are used up, calls
// fail at their first failure until successes bring tokens back.
//
// The zero Budget is full, with DefaultBurst tokens; the nil Budget has no limit. A
// Budget is safe for concurrent use, usually shared by the calls of one bucket, and
// must not be copied.
type Budget struct {
	// Burst is how many repeats are possible before any success; 0 is DefaultBurst. It
	// must not change while the Budget is in use.
	Burst int

	mu   sync.Mutex
	owed int // what is taken, in tenths
}

// Left returns how many repeats are possible now, or -1 for the nil Budget, which has
// no limit.
func (b *Budget) Left() int {
	if b == nil {
		return -1
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return (b.size() - b.owed) / payback
}

// size returns what the full Budget holds, in tenths.
func (b *Budget) size() int {
	if b.Burst == 0 {
		return DefaultBurst * payback
	}
	return max(b.Burst, 0) * payback
}

// take pays for one repeat, if there is enough left.
func (b *Budget) take() bool {
	if b == nil {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.size()-b.owed < payback {
		return false
	}
	b.owed += payback
	return true
}

// pay puts back the part of a token that one success is worth.
func (b *Budget) pay() {
	if b == nil {
		return
	}
	b.mu.Lock()
	b.owed = max(b.owed-1, 0)
	b.mu.Unlock()
}
