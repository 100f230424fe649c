package driver_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/resume"
)

// TestBeginRemovesWhatComesLate: Begin returns what was made, or at once when the
// context ends; what is made after that is removed, unless it takes more than 10
// seconds. The function of resume.Settle waits for that.
func TestBeginRemovesWhatComesLate(t *testing.T) {
	failure := errors.New("failure")
	for _, c := range []struct {
		what          string
		ended, takes  time.Duration // ended 0: the context lasts
		fails         error
		want          error
		took, settled time.Duration
		removed       bool
	}{
		{
			what:    "the context lasts",
			takes:   time.Minute,
			took:    time.Minute,
			settled: time.Minute,
		},
		{
			what:    "it fails",
			takes:   time.Second,
			fails:   failure,
			want:    failure,
			took:    time.Second,
			settled: time.Second,
		},
		{
			what:    "the context ends",
			ended:   time.Second,
			takes:   5 * time.Second,
			want:    context.Canceled,
			took:    time.Second,
			settled: 6 * time.Second, // removing takes another second
			removed: true,
		},
		{
			what:    "it fails after the end",
			ended:   time.Second,
			takes:   5 * time.Second,
			fails:   failure,
			want:    context.Canceled,
			took:    time.Second,
			settled: 5 * time.Second,
		},
		{
			what:    "it takes too long after the end",
			ended:   time.Second,
			takes:   time.Hour,
			want:    context.Canceled,
			took:    time.Second,
			settled: 11 * time.Second,
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if c.ended > 0 {
				time.AfterFunc(c.ended, cancel)
			}
			begun := time.Now()
			ctx, settled := resume.Settle(ctx)
			removed := false
			made, err := driver.Begin(ctx, func(ctx context.Context) (string, error) {
				select {
				case <-time.After(c.takes):
					if c.fails != nil {
						return "", c.fails
					}
					return "made", nil
				case <-ctx.Done():
					return "", ctx.Err()
				}
			}, func(ctx context.Context, made string) {
				time.Sleep(time.Second)
				removed = made == "made" && ctx.Err() == nil
			})
			took := time.Since(begun)
			settled()
			if !errors.Is(err, c.want) || took != c.took || time.Since(begun) != c.settled {
				t.Errorf("%s: %v after %v, settled after %v; want %v after %v and %v", c.what, err,
					took, time.Since(begun), c.want, c.took, c.settled)
			}
			if (made == "made") != (c.want == nil) || removed != c.removed {
				t.Errorf("%s: made %q, removed: %v, want %v", c.what, made, removed, c.removed)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := driver.Begin(ctx, func(context.Context) (int, error) {
		t.Error("something is begun after the context's end")
		return 0, nil
	}, func(context.Context, int) {}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestBeginPanics: a panic in the request reaches the caller.
func TestBeginPanics(t *testing.T) {
	defer func() {
		if v := recover(); v != "planted" {
			t.Errorf("recovered %v", v)
		}
	}()
	driver.Begin(t.Context(), func(context.Context) (int, error) { panic("planted") }, nil)
	t.Error("no panic")
}
