// Package retry is the one policy for repeating calls that failed with
// files.ErrUnavailable.
//
//	b = retry.Wrap(b, retry.New())
//
// Drivers of services take a [Policy] in their options and in their URLs ([Params]),
// run each call through [Policy.Do], and turn off the repeats of their SDK, so that one
// policy decides and attempts don't multiply. [Wrap] adds a policy to a bucket that
// doesn't repeat by itself.
//
// An error that a policy has dealt with is marked: [Attempts] returns how many requests
// were made, the error's text says so, and no policy above repeats it. [Permanent]
// marks an error that must not be repeated although the service was unavailable.
package retry

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/internal/contexts"
)

// The defaults of a Policy.
const (
	DefaultAttempts = 5
	DefaultDelay    = 250 * time.Millisecond
	DefaultMaxDelay = 20 * time.Second
)

// Policy says how often and when a call is repeated. The nil Policy and the zero Policy
// have the defaults and no budget. A Policy is safe for concurrent use, and must not
// change while it is in use.
//
// The delay before the n-th repeat is a random time of up to Delay·2ⁿ⁻¹, at most
// MaxDelay (exponential backoff with full jitter). A failure may ask for a delay by a
// method RetryAfter() time.Duration, which drivers make of the header Retry-After (RFC
// 9110 §10.2.3). It gets that delay, at most MaxDelay, and up to Delay more, so that
// clients that were turned away together don't come back together.
type Policy struct {
	// Attempts is how many requests one call makes at most, including the first. 0 is
	// DefaultAttempts, and 1 never repeats.
	Attempts int
	// Delay bounds the delay before the first repeat; 0 is DefaultDelay.
	Delay time.Duration
	// MaxDelay bounds every delay; 0 is DefaultMaxDelay.
	MaxDelay time.Duration
	// Budget bounds the repeats of all calls together; nil is no bound.
	Budget *Budget
	// OnRetry, if not nil, is called before the wait for each repeat, with the number
	// of the attempt that failed, from 1, and its error, whose text may be the
	// service's own. It may be called concurrently.
	OnRetry func(ctx context.Context, attempt int, delay time.Duration, err error)
}

// New returns a policy with the defaults and a budget of its own.
func New() *Policy { return &Policy{Budget: &Budget{}} }

var defaults Policy

// Do calls f, with the number of the attempt from 1, until f
//
//   - succeeds,
//   - fails with anything but files.ErrUnavailable (as files.KindOf classes it), or
//   - may not be repeated any more.
//
// The error is f's last one, marked if f ran more than once or a repeat was refused. If
// ctx ends between two attempts, the error is the context's cause and
// the last failure as well. If a delay would outlast the context's deadline, Do doesn't
// wait and returns the failure at once.
//
// A policy of one attempt leaves the error unmarked, so that a policy above may repeat
// the call.
func (p *Policy) Do(ctx context.Context, f func(ctx context.Context, attempt int) error) error {
	if p == nil {
		p = &defaults
	}
	for n := 1; ; n++ {
		err := f(ctx, n)
		if err == nil {
			p.Budget.pay()
			return nil
		}
		if n >= p.attempts() || files.KindOf(err) != files.ErrUnavailable || Attempts(err) > 0 {
			return mark(err, n, "")
		}
		if cerr := contexts.Err(ctx); cerr != nil {
			return interrupted(cerr, err, n)
		}
		delay := p.delay(n, err)
		if end, ok := ctx.Deadline(); ok && time.Until(end) <= delay {
			return mark(err, n, "another would come after the deadline")
		}
		if !p.Budget.take() {
			return mark(err, n, "no more, for too many requests fail")
		}
		if p.OnRetry != nil {
			p.OnRetry(ctx, n, delay, err)
		}
		if cerr := sleep(ctx, delay); cerr != nil {
			return interrupted(cerr, err, n)
		}
		contexts.CountRetry(ctx)
	}
}

// String returns how often the policy has a call made at most, such as "retry 5
// attempts".
func (p *Policy) String() string {
	if p == nil {
		p = &defaults
	}
	if n := p.attempts(); n > 1 {
		return fmt.Sprintf("retry %d attempts", n)
	}
	return "retry 1 attempt"
}

func (p *Policy) attempts() int {
	if p.Attempts == 0 {
		return DefaultAttempts
	}
	return p.Attempts
}

// delay returns the wait after the n-th attempt, which failed with err.
func (p *Policy) delay(n int, err error) time.Duration {
	most := or(p.MaxDelay, DefaultMaxDelay)
	first := min(or(p.Delay, DefaultDelay), most)
	var asked interface{ RetryAfter() time.Duration }
	if errors.As(err, &asked) {
		if d := asked.RetryAfter(); d > 0 {
			return min(d, most) + rand.N(first)
		}
	}
	bound := first
	for ; n > 1 && bound < most; n-- {
		if bound *= 2; bound > most || bound < 0 {
			bound = most
		}
	}
	return rand.N(bound)
}

func or(d, def time.Duration) time.Duration {
	if d <= 0 {
		return def
	}
	return d
}

// sleep waits, unless the context ends first; then it returns the context's error.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return contexts.Err(ctx)
	}
}
