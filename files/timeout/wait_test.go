package timeout_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/retry"
	"cloudfiles.dev/files/timeout"
)

// TestLimitEndsBucketThatPolls: the limit also ends a bucket below that only calls the
// context's Err, and one that calls Err first and then waits for Done.
func TestLimitEndsBucketThatPolls(t *testing.T) {
	for name, wait := range map[string]func(ctx context.Context) error{
		"polled": func(ctx context.Context) error {
			for ctx.Err() == nil {
				time.Sleep(second / 4)
			}
			return context.Cause(ctx)
		},
		"polled, then waited for": func(ctx context.Context) error {
			for range 3 {
				if err := ctx.Err(); err != nil {
					return err
				}
				time.Sleep(second)
			}
			<-ctx.Done()
			return ctx.Err()
		},
		"derived": func(ctx context.Context) error {
			ctx, cancel := context.WithCancel(context.WithValue(ctx, new(int), 1))
			defer cancel()
			<-ctx.Done()
			return context.Cause(ctx)
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := bounded(t, files.Wrap(mem.New(nil), files.Hooks{
				Around: func(ctx context.Context, _ *files.Call,
					_ func(context.Context) error) error {
					return wait(ctx)
				},
			}), timeout.Silence(5*second))
			start := time.Now()
			_, err := b.Stat(t.Context(), "a", nil)
			wantLate(t, name, err, files.ErrUnavailable, "FirstByte", time.Since(start), 5*second)
		})
	}
}

// TestWithRetry: a call to a silent server ends within attempts × timeout and the waits
// between the attempts, and makes no more requests than attempts.
func TestWithRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		below := &slow{open: time.Hour}
		waits := time.Duration(0)
		policy := &retry.Policy{
			Attempts: 4,
			OnRetry: func(_ context.Context, _ int, delay time.Duration, _ error) {
				waits += delay
			},
		}
		b := retry.Wrap(bounded(t, below.bucket(t), timeout.Silence(5*second)), policy)
		start := time.Now()
		_, err := files.ReadAll(t.Context(), b, "a", nil)
		wantLate(t, "Get", err, files.ErrUnavailable, "FirstByte", time.Since(start),
			4*5*second+waits)
		if below.ended != 4 || retry.Attempts(err) != 4 {
			t.Errorf("%d requests were made, and Attempts(err) = %d", below.ended,
				retry.Attempts(err))
		}
		below.ended = 0
		if _, err = files.PutString(t.Context(), b, "n", "x", nil); below.ended != 1 ||
			files.KindOf(err) != files.ErrUncertain {
			t.Errorf("an uncertain Put was made %d times: %v", below.ended, err)
		}
	})
}

// TestCost: a Get from memory makes one allocation beyond those of any hook.
func TestCost(t *testing.T) {
	b := (&slow{}).memory(t)
	plain := files.Wrap(b, files.Hooks{
		Around: func(ctx context.Context, _ *files.Call, next func(context.Context) error) error {
			return next(ctx)
		},
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	count := func(b files.Bucket) float64 {
		p := make([]byte, 1024)
		return testing.AllocsPerRun(100, func() {
			r, err := b.Get(ctx, "a", nil)
			if err != nil {
				t.Fatal(err)
			}
			for err == nil {
				_, err = r.Read(p)
			}
			r.Close()
		})
	}
	want := count(plain) + 1
	if got := count(bounded(t, b, timeout.Silence(second))); got > want {
		t.Errorf("a Get made %v allocations, want at most %v", got, want)
	}
}

// TestBadOptions: options that make no sense are ErrInvalid.
func TestBadOptions(t *testing.T) {
	for name, o := range map[string]*timeout.Options{
		"nil":           nil,
		"zero":          {},
		"negative":      {Call: -1},
		"negative idle": {Call: second, Idle: -second},
		"contradictory": {Call: second, FirstByte: 2 * second},
	} {
		if b, err := timeout.New(mem.New(nil), o); b != nil || !errors.Is(err, files.ErrInvalid) {
			t.Errorf("%s: New = %v, %v, want nil and ErrInvalid", name, b, err)
		}
	}
	if b, err := timeout.New(nil, timeout.Silence(second)); b != nil ||
		!errors.Is(err, files.ErrInvalid) {
		t.Errorf("no bucket: %v, %v", b, err)
	}
}

func TestLayer(t *testing.T) {
	b := bounded(t, mem.New(nil), timeout.Silence(5*second))
	b = bounded(t, b, &timeout.Options{Call: time.Minute, Page: 2 * second})
	got := strings.Join(files.Layers(b), ", then ")
	if !strings.HasPrefix(got, "timeout call 1m0s, page 2s, then timeout 5s, then mem") {
		t.Errorf("the layers are %q", got)
	}
}
