package filestest

import (
	"context"
	"errors"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/retry"
)

// action is what a rule does to a call.
type action func(ctx context.Context, b *instruments, call *files.Call,
	next func(context.Context) error) error

// Delay makes the calls wait for d before anything else happens. If the context ends
// first, the call fails with the context's error. Other calls aren't delayed.
func (r *Rule) Delay(d time.Duration) *Rule {
	r.of.t.Helper()
	if d < 0 {
		return r.refuse("Delay(%v): the wait is negative", d)
	}
	return r.set(func() { r.delay = d })
}

// Fail makes the calls return an error of this kind and change nothing. The error has
// the type of the driver's errors. An ErrUnavailable of a service is marked as final,
// like that of a driver that has retried already (retry.Attempts), so that no layer
// above repeats the call, as in production. Each of the driver's attempts counts as a
// request.
//
// A kind of error that no driver returns from the operation, such as ErrNotExist from a
// Put, fails the test, unless [AnyError] allows it.
func (r *Rule) Fail(kind error) *Rule {
	r.of.t.Helper()
	if kind == nil {
		return r.refuse("Fail(nil): the error is nil")
	}
	if why := r.of.foreign(r.op, kind); why != "" {
		return r.refuse("Fail: %s", why)
	}
	return r.does("Fail", func(ctx context.Context, b *instruments, call *files.Call,
		_ func(context.Context) error) error {
		return b.fails(ctx, call, b.failure(kind, "", r.isBare()))
	})
}

// Bare makes Fail and BreakAfter return the errors of a bucket that doesn't retry by
// itself, so that a layer such as files/retry may repeat the call. Without Bare these
// errors are marked as final, like those of a driver that has retried already.
func (r *Rule) Bare() *Rule { return r.set(func() { r.bare = true }) }

func (r *Rule) isBare() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.bare
}

// failure is an injected error as the driver would return it.
func (b *instruments) failure(kind error, detail string, bare bool) error {
	err := kind
	if files.KindOf(kind) == kind && detail != "" {
		err = driver.Errorf(kind, "%s", detail)
	}
	if bare || !b.repeats || files.KindOf(err) != files.ErrUnavailable || retry.Attempts(err) > 0 {
		return err
	}
	policy := &retry.Policy{Delay: 1, MaxDelay: 1}
	return policy.Do(context.Background(), func(context.Context, int) error { return err })
}

// fails gives the call an error, and charges what the driver asked for in vain.
func (b *instruments) fails(ctx context.Context, call *files.Call, err error) error {
	if b.record.costs != nil {
		for range max(retry.Attempts(err), 1) {
			one(b.record.costs, call, b.record.charging(ctx))
		}
	}
	if call.Op == files.OpDeleteMany {
		call.Errors = make([]error, len(call.Names))
		for i := range call.Errors {
			call.Errors[i] = err
		}
	}
	return err
}

// BreakAfter makes a body fail with ErrUnavailable after n bytes, and a listing after n
// entries. A body fails there even if it is resumed.
func (r *Rule) BreakAfter(n int64) *Rule {
	r.of.t.Helper()
	if n < 0 {
		return r.refuse("BreakAfter(%d): the number is negative", n)
	}
	return r.cut(n, "BreakAfter", func(b *instruments, at *breakAt) {
		at.err = b.failure(files.ErrUnavailable, "the connection broke (filestest)", r.isBare())
	})
}

// StallAfter makes a body wait for d after n bytes, and a listing after n entries. The
// wait also ends with the context, or if the body is closed.
func (r *Rule) StallAfter(n int64, d time.Duration) *Rule {
	r.of.t.Helper()
	if n < 0 || d < 0 {
		return r.refuse("StallAfter(%d, %v): one of them is negative", n, d)
	}
	return r.cut(n, "StallAfter", func(_ *instruments, at *breakAt) { at.stall = d })
}

// cut makes an action of what happens to a body or a listing after n bytes or entries.
func (r *Rule) cut(n int64, method string, what func(b *instruments, at *breakAt)) *Rule {
	r.of.t.Helper()
	if r.op != files.OpGet && r.op != files.OpList {
		return r.refuse("%s: only the body of a get and a list have something that comes after "+
			"%d bytes or entries", method, n)
	}
	return r.does(method, func(ctx context.Context, b *instruments, _ *files.Call,
		next func(context.Context) error) error {
		at := &breakAt{after: n}
		what(b, at)
		return next(context.WithValue(ctx, breakKey{}, at))
	})
}

// Outcome says whether a write whose response was lost was carried out.
type Outcome int

const (
	NotStored Outcome = iota // the write never reached the service
	Stored                   // the write was done
)

// LoseAnswer makes a write return ErrUncertain. The write is carried out only if o is
// Stored.
func (r *Rule) LoseAnswer(o Outcome) *Rule {
	r.of.t.Helper()
	switch {
	case o != Stored && o != NotStored:
		return r.refuse("LoseAnswer(%d): the outcome is Stored or NotStored", o)
	case !r.op.Writes():
		return r.refuse("LoseAnswer: it is for writes, whose outcome is unknown then")
	}
	return r.does("LoseAnswer", func(ctx context.Context, b *instruments, call *files.Call,
		next func(context.Context) error) error {
		if o == Stored {
			if err := next(ctx); err != nil {
				return err
			}
			call.Info = files.Info{}
		}
		lost := driver.Errorf(files.ErrUncertain, "the response was lost (filestest)")
		if o == NotStored {
			return b.fails(ctx, call, lost)
		}
		if call.Op == files.OpDeleteMany {
			for i := range call.Errors {
				call.Errors[i] = lost
			}
		}
		return lost
	})
}

// Do calls f instead of the operation. f may call next, which carries the operation out,
// and may use the bucket.
func (r *Rule) Do(f func(ctx context.Context, call *files.Call,
	next func(context.Context) error) error) *Rule {
	r.of.t.Helper()
	if f == nil {
		return r.refuse("Do(nil): the function is nil")
	}
	return r.does("Do", func(ctx context.Context, _ *instruments, call *files.Call,
		next func(context.Context) error) error {
		return f(ctx, call, next)
	})
}

// refused is the method of a rule that is wrong.
const refused = "a mistake"

// does gives the rule its action, of which it has one.
func (r *Rule) does(method string, a action) *Rule {
	r.of.t.Helper()
	r.mu.Lock()
	before := r.method
	if before == "" {
		r.method, r.action = method, a
	}
	r.mu.Unlock()
	if before == "" || before == refused {
		return r
	}
	return r.refuse("%s: the rule has %s already, and a rule does one thing", method, before)
}

// apply carries the rule out.
func (r *Rule) apply(ctx context.Context, b *instruments, call *files.Call,
	next func(context.Context) error) error {
	r.mu.Lock()
	delay, action := r.delay, r.action
	r.mu.Unlock()
	if err := wait(ctx, delay, nil); err != nil {
		return err
	}
	if action == nil {
		return next(ctx)
	}
	return action(ctx, b, call, next)
}

// wait waits, unless the context ends or stop is closed, which are errors.
func wait(ctx context.Context, d time.Duration, stop <-chan struct{}) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-stop:
		return files.ErrClosed
	case <-ctx.Done():
		return cause(ctx)
	}
	return nil
}

// cause is the error of a context that has ended, in the contract's terms.
func cause(ctx context.Context) error {
	if err := context.Cause(ctx); errors.Is(err, files.ErrClosed) {
		return err
	}
	return ctx.Err()
}
