package driver

import (
	"sync"
	"time"
)

// width is how many parts of one upload are sent at a time. If a plan has a
// MaxConcurrency, the number is doubled, and stays doubled if the parts then get through
// faster by the factor gain. Otherwise the former number is used again until many more
// parts were sent. It is safe for concurrent use.
type width struct {
	most   int
	change func(n int) // is called with each new number, by one goroutine at a time

	mu    sync.Mutex
	free  sync.Cond
	n     int
	busy  int     // parts that are being sent
	proof int     // the number before n was doubled, until that has proved faster; or 0
	best  float64 // bytes per second with that number
	skip  int     // parts to send before the next measurement

	// The measurement is over n parts.
	begun time.Time
	parts int
	bytes int64
	full  time.Duration // how long n parts were being sent
	since time.Time     // the beginning of such a time
}

// again is after how many rounds of parts a number is doubled that was no faster before.
const again = 32

func newWidth(plan *PartPlan, change func(n int)) *width {
	w := &width{
		n:      plan.Concurrency,
		most:   plan.MaxConcurrency,
		change: change,
		skip:   plan.Concurrency, // their time includes that until the first one's end
	}
	w.free.L = &w.mu
	return w
}

// enter waits until another part may be sent.
func (w *width) enter() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.busy >= w.n {
		w.free.Wait()
	}
	if w.busy++; w.busy == w.n {
		w.since = time.Now()
	}
}

// leave records that a part of size bytes was sent.
func (w *width) leave(size int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.free.Signal()
	now := time.Now()
	if w.busy >= w.n {
		w.full += now.Sub(w.since)
		w.since = now
	}
	w.busy--
	if w.skip > 0 {
		if w.skip--; w.skip == 0 {
			w.measure(now)
		}
		return
	}
	w.parts++
	w.bytes += size
	if w.parts >= w.n {
		w.judge(now.Sub(w.begun))
		w.measure(now)
	}
}

// measure begins a measurement.
func (w *width) measure(now time.Time) {
	w.begun, w.since = now, now
	w.parts, w.bytes, w.full = 0, 0, 0
}

// judge decides by a measurement how many parts are sent at a time. If fewer were being
// sent most of the time, the content or the memory bounds the upload.
func (w *width) judge(took time.Duration) {
	rate := float64(w.bytes) / max(took, 1).Seconds()
	switch {
	case 2*w.full < took:
		if w.proof > 0 {
			w.back()
		}
	case w.proof == 0 || rate >= gain*w.best:
		w.proof, w.best = 0, rate
		if w.n < w.most {
			w.proof = w.n
			w.set(min(2*w.n, w.most))
			w.skip = w.busy
		}
	default:
		w.back()
	}
}

// back uses the former number again.
func (w *width) back() {
	w.set(w.proof)
	w.proof = 0
	w.skip = again * w.n
}

func (w *width) set(n int) {
	w.n = n
	w.change(n)
	w.free.Broadcast()
}
