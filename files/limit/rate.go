package limit

import (
	"container/list"
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"cloudfiles.dev/files/internal/contexts"
)

// rate is a bucket of tokens that fills evenly. Waiting calls are served in the order
// in which they came. Only the first of them takes tokens, so a wait that is given up
// takes none. A nil *rate sets no bound.
//
// Package golang.org/x/time/rate isn't used: there a wait that is given up may use up
// its turn, and a request for more than the burst is an error.
type rate struct {
	perSecond, burst float64
	what             string // what is counted, for errors

	mu      sync.Mutex
	tokens  float64
	at      time.Time // when tokens was computed
	waiting list.List // of *turn
	owed    float64   // the tokens that waiting calls need
}

// turn is one wait.
type turn struct {
	n     float64 // the tokens that are still needed
	first chan struct{}
}

func newRate(perSecond, burst float64, what string) *rate {
	return &rate{
		perSecond: perSecond,
		burst:     burst,
		what:      what,
		tokens:    burst,
	}
}

// take takes n tokens as soon as there are so many; if n is more than the burst, in
// parts. It gives up when the context ends or gone is closed, and at once if the
// context's deadline comes before the tokens.
func (r *rate) take(ctx context.Context, n float64, gone <-chan struct{}) error {
	if r == nil || n <= 0 {
		return nil
	}
	r.mu.Lock()
	r.fill()
	if r.waiting.Len() == 0 && r.tokens >= n {
		r.tokens -= n
		r.mu.Unlock()
		return nil
	}
	wait := r.until(r.owed + n)
	if end, ok := ctx.Deadline(); ok && time.Until(end) < wait {
		r.mu.Unlock()
		return fmt.Errorf("the limit of %v %s a second makes the call wait %v, until after its "+
			"deadline: %w", r.perSecond, r.what, wait.Round(time.Millisecond),
			context.DeadlineExceeded)
	}
	t := &turn{n, make(chan struct{})}
	at := r.waiting.PushBack(t)
	r.owed += n
	if at == r.waiting.Front() {
		close(t.first)
	}
	r.mu.Unlock()
	defer r.leave(at)
	select {
	case <-t.first:
	case <-ctx.Done():
		return contexts.Err(ctx)
	case <-gone:
		return errGone
	}
	return r.sleep(ctx, t, gone)
}

// sleep waits for the tokens of the first turn.
func (r *rate) sleep(ctx context.Context, t *turn, gone <-chan struct{}) error {
	var timer *time.Timer
	for {
		wait, done := r.use(t)
		if done {
			return nil
		}
		if timer == nil {
			timer = time.NewTimer(wait)
			defer timer.Stop()
		} else {
			timer.Reset(wait)
		}
		select {
		case <-timer.C:
		case <-ctx.Done():
			return contexts.Err(ctx)
		case <-gone:
			return errGone
		}
	}
}

// use takes the tokens that the turn needs, or as many as there can be at once. It
// returns how long to wait for the next tokens.
func (r *rate) use(t *turn) (wait time.Duration, done bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fill()
	part := min(t.n, r.burst)
	if r.tokens < part {
		return r.until(part), false
	}
	r.tokens -= part
	r.owed -= part
	t.n -= part
	if t.n <= 0 {
		return 0, true
	}
	return r.until(min(t.n, r.burst)), false
}

// leave ends a turn and begins the next.
func (r *rate) leave(at *list.Element) {
	r.mu.Lock()
	defer r.mu.Unlock()
	first := at == r.waiting.Front()
	r.owed -= r.waiting.Remove(at).(*turn).n
	if next := r.waiting.Front(); next == nil {
		r.owed = 0 // no rest of rounding remains
	} else if first {
		close(next.Value.(*turn).first)
	}
}

// fill adds the tokens of the time that has passed. The caller holds mu.
func (r *rate) fill() {
	now := time.Now()
	if !r.at.IsZero() {
		r.tokens = min(r.burst, r.tokens+now.Sub(r.at).Seconds()*r.perSecond)
	}
	r.at = now
}

// until returns how long it takes until there are n tokens, at least a nanosecond. The
// caller holds mu.
func (r *rate) until(n float64) time.Duration {
	ns := math.Ceil((n - r.tokens) / r.perSecond * 1e9)
	switch {
	case ns >= math.MaxInt64:
		return math.MaxInt64
	case ns < 1:
		return 1
	}
	return time.Duration(ns)
}

// piece returns the part of p that may be read at once, so that a wait for a large
// piece doesn't hold up others for long.
func (r *rate) piece(p []byte) []byte {
	if r == nil {
		return p
	}
	most := min(r.burst, max(r.perSecond/10, 1))
	if float64(len(p)) > most {
		p = p[:max(int(most), 1)]
	}
	return p
}
