package retry

import (
	"math"
	"sync"
	"sync/atomic"
)

// DefaultBurst is the default of Budget.Burst.
const DefaultBurst = 100

// payback is how many calls must succeed to pay for one retry.
const payback = 10

// Budget bounds the retries of many calls, so that retries don't multiply the load of a
// failing service. It is a bucket of tokens: each retry takes a token, and each call
// that succeeds puts back a tenth of one. So in the long run there is at most one retry
// for ten successes, and a burst. When the tokens are used up, calls aren't repeated
// until successes bring tokens back.
//
// The zero Budget is full, with DefaultBurst tokens; a nil *Budget has no limit. A
// Budget is usually shared by the calls of one bucket. It is safe for concurrent use,
// and must not be copied.
type Budget struct {
	// Burst is how many retries are possible before any success; 0 is DefaultBurst. It
	// must not change while the Budget is in use.
	Burst int

	mu   sync.Mutex
	owed atomic.Int64 // tokens taken, in tenths; written with mu held
}

// Left returns how many retries are possible now, or -1 for a nil *Budget, which has no
// limit.
func (b *Budget) Left() int {
	if b == nil {
		return -1
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return (b.size() - int(b.owed.Load())) / payback
}

// size returns the tokens of the full Budget, in tenths.
func (b *Budget) size() int {
	if b.Burst == 0 {
		return DefaultBurst * payback
	}
	return min(max(b.Burst, 0), math.MaxInt/payback) * payback
}

// take pays for one retry. It reports whether there was enough left.
func (b *Budget) take() bool {
	if b == nil {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.size()-int(b.owed.Load()) < payback {
		return false
	}
	b.owed.Add(payback)
	return true
}

// pay puts back a tenth of a token, for one success.
func (b *Budget) pay() {
	if b == nil || b.owed.Load() == 0 { // usually nothing failed
		return
	}
	b.mu.Lock()
	b.owed.Store(max(b.owed.Load()-1, 0))
	b.mu.Unlock()
}
