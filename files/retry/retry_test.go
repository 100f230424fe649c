package retry_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/retry"
)

var errReset = errors.New("connection reset")

// unavailable returns an error as a driver does: a sentinel with the backend's error.
func unavailable() error {
	return driver.WithCause(files.ErrUnavailable, errReset, "the service is busy")
}

// asking is an error with a method RetryAfter.
type asking struct{ delay time.Duration }

func (a *asking) Error() string             { return "slow down" }
func (a *asking) RetryAfter() time.Duration { return a.delay }

// failing returns a function that fails with the errors in turn, and then succeeds.
func failing(calls *int, errs ...error) func(context.Context, int) error {
	return func(_ context.Context, attempt int) error {
		if *calls++; *calls != attempt {
			return errors.New("the attempt's number is wrong")
		}
		if *calls <= len(errs) {
			return errs[*calls-1]
		}
		return nil
	}
}

// TestClasses: only ErrUnavailable is repeated, and the error is the last one, with the
// attempts.
func TestClasses(t *testing.T) {
	u := unavailable()
	refusal := driver.Errorf(files.ErrPermission, "no")
	many := []error{u, u, u, u, u, u, u, u}
	for name, c := range map[string]struct {
		policy   *retry.Policy
		errs     []error
		calls    int
		attempts int // as the error reports
		kind     error
		text     string
	}{
		"success":             {nil, nil, 1, 0, nil, ""},
		"after one failure":   {nil, many[:1], 2, 0, nil, ""},
		"after four failures": {nil, many[:4], 5, 0, nil, ""},
		"always": {
			nil, many, 5, 5, files.ErrUnavailable,
			"temporarily unavailable: the service is busy, after 5 attempts",
		},
		"twice": {
			&retry.Policy{Attempts: 2}, many, 2, 2, files.ErrUnavailable,
			"temporarily unavailable: the service is busy, after 2 attempts",
		},
		"never": {
			&retry.Policy{Attempts: 1}, many, 1, 0, files.ErrUnavailable,
			"temporarily unavailable: the service is busy",
		},
		"bare sentinel": {
			nil,
			[]error{
				files.ErrUnavailable, files.ErrUnavailable, files.ErrUnavailable,
				files.ErrUnavailable, files.ErrUnavailable,
			},
			5,
			5,
			files.ErrUnavailable,
			"temporarily unavailable: after 5 attempts",
		},
		"refused": {
			nil,
			[]error{refusal},
			1,
			0,
			files.ErrPermission,
			"permission denied: no",
		},
		"refused at last": {
			nil,
			[]error{u, refusal},
			2,
			2,
			files.ErrPermission,
			"permission denied: no, after 2 attempts",
		},
		"not classed": {nil, []error{io.ErrShortWrite}, 1, 0, nil, "short write"},
		"not classed at last": {
			nil,
			[]error{u, io.ErrShortWrite},
			2,
			2,
			nil,
			"short write, after 2 attempts",
		},
		"uncertain": {
			nil,
			[]error{driver.WithCause(files.ErrUncertain, u, "the response was lost")},
			1,
			0,
			files.ErrUncertain,
			"outcome is uncertain: the response was lost",
		},
		"permanent": {
			nil,
			[]error{retry.Permanent(u)},
			1,
			1,
			files.ErrUnavailable,
			"temporarily unavailable: the service is busy",
		},
		"permanent at last": {
			nil,
			[]error{u, u, retry.Permanent(u)},
			3,
			3,
			files.ErrUnavailable,
			"temporarily unavailable: the service is busy, after 3 attempts",
		},
		"an operation's": {
			nil,
			[]error{
				driver.NewError(files.OpPut, "a", u),
				driver.NewError(files.OpPut, "a", refusal),
			},
			2,
			2,
			files.ErrPermission,
			"files: put a: permission denied: no, after 2 attempts",
		},
		"canceled": {nil, []error{context.Canceled}, 1, 0, nil, "context canceled"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				err := c.policy.Do(t.Context(), failing(&calls, c.errs...))
				if calls != c.calls || retry.Attempts(err) != c.attempts {
					t.Errorf("%d calls and %d attempts in the error, want %d and %d", calls,
						retry.Attempts(err), c.calls, c.attempts)
				}
				if files.KindOf(err) != c.kind {
					t.Errorf("kind %v, want %v", files.KindOf(err), c.kind)
				}
				if got := text(err); got != c.text {
					t.Errorf("%q, want %q", got, c.text)
				}
				if len(c.errs) >= calls && !errors.Is(err, c.errs[calls-1]) {
					t.Errorf("%v is not the last failure", err)
				}
				if err == nil {
					return
				}
				// An *Error that a bucket makes of it keeps everything.
				e := driver.NewError(files.OpGet, "n", err)
				if retry.Attempts(e) != c.attempts || files.KindOf(e) != c.kind ||
					c.attempts > 1 && !strings.HasSuffix(e.Error(), "attempts") {
					t.Errorf("as an *Error: %v, %d attempts", e, retry.Attempts(e))
				}
				// No policy above repeats it, unless no policy has.
				again := 0
				if err := (*retry.Policy)(nil).Do(t.Context(), func(context.Context, int) error {
					again++
					return e
				}); c.attempts > 0 && (again != 1 || err != e) {
					t.Errorf("a policy above made %d calls, and %v of %v", again, err, e)
				}
			})
		})
	}
	if retry.Permanent(nil) != nil || retry.Attempts(nil) != 0 {
		t.Error("Permanent(nil) is an error")
	}
	if err := retry.Permanent(retry.Permanent(u)); retry.Attempts(err) != 1 || !errors.Is(err,
		errReset) {
		t.Errorf("permanent twice: %v", err)
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// TestDelays: delays are random below a bound that doubles, or follow RetryAfter.
func TestDelays(t *testing.T) {
	for name, c := range map[string]struct {
		policy retry.Policy
		err    error
		lo, hi []time.Duration
	}{
		"defaults": {retry.Policy{}, unavailable(), []time.Duration{0, 0, 0, 0},
			[]time.Duration{
				250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second,
			}},
		"bounded": {
			retry.Policy{Delay: time.Second, MaxDelay: 3 * time.Second},
			unavailable(),
			[]time.Duration{0, 0, 0, 0},
			[]time.Duration{time.Second, 2 * time.Second, 3 * time.Second, 3 * time.Second},
		},
		"a bound below the first": {
			retry.Policy{MaxDelay: time.Millisecond},
			unavailable(),
			[]time.Duration{0},
			[]time.Duration{time.Millisecond},
		},
		"requested": {
			retry.Policy{Delay: time.Second},
			driver.WithCause(files.ErrUnavailable, &asking{7 * time.Second}, ""),
			[]time.Duration{7 * time.Second, 7 * time.Second},
			[]time.Duration{8 * time.Second, 8 * time.Second},
		},
		"a longer delay is requested": {
			retry.Policy{Delay: time.Second},
			driver.WithCause(files.ErrUnavailable, &asking{time.Hour}, ""),
			[]time.Duration{20 * time.Second},
			[]time.Duration{21 * time.Second},
		},
		"no delay is requested": {
			retry.Policy{Delay: time.Second},
			driver.WithCause(files.ErrUnavailable, &asking{0}, ""),
			[]time.Duration{0},
			[]time.Duration{time.Second},
		},
		"huge": {retry.Policy{
			Delay:    1 << 61,
			MaxDelay: 1<<63 - 1,
		}, unavailable(), []time.Duration{0}, []time.Duration{1 << 61}},
	} {
		t.Run(name, func(t *testing.T) {
			longest := make([]time.Duration, len(c.lo))
			for range 200 {
				p := c.policy
				p.Attempts = len(c.lo) + 1
				p.OnRetry = func(_ context.Context, n int, d time.Duration, err error) {
					if d < c.lo[n-1] || d > c.hi[n-1] {
						t.Errorf("delay %d is %v, want %v to %v", n, d, c.lo[n-1], c.hi[n-1])
					}
					if err != c.err {
						t.Errorf("OnRetry got %v", err)
					}
					longest[n-1] = max(longest[n-1], d-c.lo[n-1])
				}
				synctest.Test(t, func(t *testing.T) {
					p.Do(t.Context(), func(context.Context, int) error { return c.err })
				})
			}
			for i, d := range longest {
				if span := c.hi[i] - c.lo[i]; c.hi[i] < time.Hour && d < span*3/4 {
					t.Errorf("delay %d was at most %v above the least one in 200 runs, want "+
						"up to %v", i+1, d, span)
				}
			}
		})
	}
}

// TestDoWaitsForItsDelay: Do waits for the delay that it has computed.
func TestDoWaitsForItsDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var want time.Duration
		p := &retry.Policy{OnRetry: func(_ context.Context, _ int, d time.Duration, _ error) {
			want += d
		}}
		start := time.Now()
		p.Do(t.Context(), func(context.Context, int) error { return unavailable() })
		if got := time.Since(start); got != want || got == 0 {
			t.Errorf("Do waited %v, want %v", got, want)
		}
	})
}

// TestContextEnds: the wait ends with the context, and the error matches the context's
// and the last failure.
func TestContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("the user went home")
		time.AfterFunc(time.Second, func() { cancel(why) })
		start, calls := time.Now(), 0
		ask := driver.WithCause(files.ErrUnavailable, &asking{15 * time.Second}, "busy")
		err := (&retry.Policy{}).Do(ctx, failing(&calls, ask, ask))
		if time.Since(start) != time.Second || calls != 1 {
			t.Errorf("%d calls in %v, want one and a second", calls, time.Since(start))
		}
		for _, want := range []error{context.Canceled, why, files.ErrUnavailable, ask} {
			if !errors.Is(err, want) {
				t.Errorf("%v is not %v", err, want)
			}
		}
		if retry.Attempts(err) != 1 ||
			text(err) != "temporarily unavailable: busy, the user went home before "+
				"another attempt" {
			t.Errorf("%d attempts: %v", retry.Attempts(err), err)
		}
		// If the context ended during the attempt, Do doesn't wait.
		calls = 0
		start = time.Now()
		if err := (&retry.Policy{}).Do(ctx,
			failing(&calls,
				ask)); calls != 1 || time.Since(start) != 0 || !errors.Is(err, context.Canceled) {
			t.Errorf("%d calls, %v after %v", calls, err, time.Since(start))
		}
	})
}

// TestDeadline: Do doesn't begin a delay that would end after the deadline.
func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		start, calls := time.Now(), 0
		ask := driver.WithCause(files.ErrUnavailable, &asking{6 * time.Second}, "busy")
		err := (&retry.Policy{}).Do(ctx, failing(&calls, ask, ask, ask))
		if d := time.Since(start); calls != 2 || d < 6*time.Second || d > 7*time.Second {
			t.Errorf("%d calls in %v, want two in 6 to 7 s", calls, d)
		}
		if !errors.Is(err,
			ask) || errors.Is(err, context.DeadlineExceeded) || retry.Attempts(err) != 2 ||
			text(err) != "temporarily unavailable: busy, after 2 attempts, no retry before the "+
				"deadline" {
			t.Errorf("%d attempts: %v", retry.Attempts(err), err)
		}
	})
}

// TestNoAllocation: a call that succeeds makes no allocation.
func TestNoAllocation(t *testing.T) {
	p, ctx := retry.New(), t.Context()
	f := func(context.Context, int) error { return nil }
	if n := testing.AllocsPerRun(100, func() { p.Do(ctx, f) }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}
