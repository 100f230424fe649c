// Package retry repeats calls that failed with files.ErrUnavailable. One policy decides
// when and how often.
//
//	b = retry.Wrap(b, retry.New())
//
// # What it does
//
// Wrap adds a policy to a bucket that doesn't repeat calls by itself. The drivers of
// services repeat calls by themselves: they take a Policy in their options and in their
// URLs (Params), run each call through Policy.Do, and turn off the retries of their
// SDK.
//
// # What it promises
//
//   - Attempts don't multiply. A policy marks the error of a call that it has repeated,
//     or refused to repeat: [Attempts] returns how many requests were made, the error's
//     text contains the number (except for outcomes such as ErrNotExist), and no policy
//     above repeats the call. A policy below Wrap makes at most as many attempts as
//     Wrap's own policy, so the outermost policy bounds them all.
//   - [Permanent] marks an ErrUnavailable whose call must not be repeated.
//   - A [Budget] bounds the retries of all calls together, so that they don't multiply
//     the load of a failing service.
//
// # What it can't keep
//
//   - A Put whose content can't seek is not repeated after it has failed.
//   - Wrap repeats a Get until its body is open. A body that breaks later is resumed by
//     the bucket below, if that bucket can resume bodies (G5).
//   - A call to a server that never responds doesn't fail, and so isn't repeated.
//     Package timeout bounds the wait.
//
// # What it costs
//
// A call that succeeds makes no further request. A call that fails as unavailable is
// made up to Policy.Attempts times, with a delay before each retry. The package links
// only this module and the standard library.
package retry

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/internal/contexts"
	"cloudfiles.dev/files/internal/failure"
)

// The defaults of a Policy.
const (
	DefaultAttempts = 5
	DefaultDelay    = 250 * time.Millisecond
	DefaultMaxDelay = 20 * time.Second
)

// Policy says how often and when a call is repeated. A nil *Policy and the zero value
// have the defaults and no budget. A Policy is safe for concurrent use, and must not
// change while it is in use.
//
// The delay before the n-th retry is a random time of up to Delay·2ⁿ⁻¹, at most
// MaxDelay (exponential backoff with full jitter). If the error has a method
// RetryAfter() time.Duration, with which drivers return the header Retry-After (RFC 9110
// §10.2.3), the delay is that time, at most MaxDelay, and up to Delay more, so that
// clients that were refused at the same moment don't all return at the same moment.
type Policy struct {
	// Attempts is the largest number of requests for one call, including the first. 0
	// is DefaultAttempts, and 1 means no retry.
	Attempts int
	// Delay bounds the delay before the first retry; 0 is DefaultDelay.
	Delay time.Duration
	// MaxDelay bounds every delay; 0 is DefaultMaxDelay.
	MaxDelay time.Duration
	// Budget bounds the retries of all calls together; nil is no bound.
	Budget *Budget
	// OnRetry, if not nil, is called before the delay of each retry, with the number of
	// the failed attempt, from 1, and its error, whose text may come from the service.
	// It may be called concurrently.
	OnRetry func(ctx context.Context, attempt int, delay time.Duration, err error)
}

// New returns a policy with the defaults and a new budget.
func New() *Policy { return &Policy{Budget: &Budget{}} }

var defaults Policy

// Do calls f, with the number of the attempt from 1, until f
//
//   - succeeds,
//   - fails with an error other than files.ErrUnavailable (by files.KindOf), or
//   - must not be repeated again.
//
// The error is f's last one, marked if f ran more than once or the budget refused a
// retry. If ctx ends between two attempts, the error matches the context's cause and
// the last failure. If a delay would end after the context's deadline, Do returns the
// failure at once.
//
// A policy of one attempt leaves the error unmarked, so that a policy above may repeat
// the call.
//
// If a number of the policy is negative, or ctx or f is nil, Do returns ErrInvalid and
// doesn't call f.
func (p *Policy) Do(ctx context.Context, f func(ctx context.Context, attempt int) error) error {
	if p == nil {
		p = &defaults
	}
	if err := p.check(ctx, f == nil); err != nil {
		return err
	}
	for n := 1; ; n++ {
		err := f(ctx, n)
		if err == nil {
			p.Budget.pay()
			return nil
		}
		if n >= p.most(ctx) || files.KindOf(err) != files.ErrUnavailable || Attempts(err) > 0 {
			return mark(err, n, "")
		}
		if cerr := contexts.Err(ctx); cerr != nil {
			return interrupted(cerr, err, n)
		}
		delay := p.delay(n, err)
		if end, ok := ctx.Deadline(); ok && time.Until(end) <= delay {
			return mark(err, n, "no retry before the deadline")
		}
		if !p.Budget.take() {
			return mark(err, n, "no retry because too many requests fail")
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

// check returns ErrInvalid for a policy that makes no sense, and for a missing argument.
func (p *Policy) check(ctx context.Context, noFunction bool) error {
	switch {
	case ctx == nil:
		return failure.Errorf(files.ErrInvalid, "the context is nil")
	case noFunction:
		return failure.Errorf(files.ErrInvalid, "the function is nil")
	case p.Attempts < 0:
		return failure.Errorf(files.ErrInvalid, "retry.Policy.Attempts is negative")
	case p.Delay < 0:
		return failure.Errorf(files.ErrInvalid, "retry.Policy.Delay is negative")
	case p.MaxDelay < 0:
		return failure.Errorf(files.ErrInvalid, "retry.Policy.MaxDelay is negative")
	case p.Budget != nil && p.Budget.Burst < 0:
		return failure.Errorf(files.ErrInvalid, "retry.Budget.Burst is negative")
	}
	return nil
}

// String returns the largest number of attempts, such as "retry 5 attempts".
func (p *Policy) String() string {
	if p == nil {
		p = &defaults
	}
	if n := p.attempts(); n > 1 {
		return fmt.Sprintf("retry %d attempts", n)
	}
	return "retry 1 attempt"
}

// outerKey is the key of a context's *outer.
type outerKey struct{}

// outer bounds the attempts of the policies below a Wrap.
type outer struct{ most int }

// bound returns a context under which policies make at most as many attempts as p, or as
// a policy above p.
func (p *Policy) bound(ctx context.Context) context.Context {
	most := p.most(ctx)
	if o, ok := ctx.Value(outerKey{}).(*outer); ok && o.most <= most {
		return ctx
	}
	return context.WithValue(ctx, outerKey{}, &outer{most})
}

// most returns the largest number of attempts under the context.
func (p *Policy) most(ctx context.Context) int {
	most := p.attempts()
	if o, ok := ctx.Value(outerKey{}).(*outer); ok {
		most = min(most, o.most)
	}
	return most
}

func (p *Policy) attempts() int {
	if p == nil || p.Attempts == 0 {
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

// sleep waits for d. If the context ends before, it returns the context's error.
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
