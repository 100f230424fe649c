package limit_test

import (
	"context"
	"errors"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/limit"
)

// TestLargestLimits: the largest values of every limit are accepted and make no call
// wait.
func TestLargestLimits(t *testing.T) {
	for name, l := range map[string]limit.Limits{
		"calls":               {Calls: math.MaxInt},
		"operations":          {PerSecond: math.MaxFloat64},
		"a burst":             {PerSecond: 1e-9, Burst: math.MaxInt},
		"operations and more": {PerSecond: math.MaxFloat64, Burst: math.MaxInt},
		"bytes":               {BytesPerSecond: math.MaxInt64, BytesBurst: math.MaxInt64},
		"bytes, one at once":  {BytesPerSecond: math.MaxInt64, BytesBurst: 1},
		"all": {
			Calls:          math.MaxInt,
			PerSecond:      math.MaxFloat64,
			Burst:          math.MaxInt,
			BytesPerSecond: math.MaxInt64,
			BytesBurst:     math.MaxInt64,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				below := newBelow(t, 0, 10_000)
				b := limited(t, below, &limit.Options{All: l, Reads: l, Writes: l})
				start := time.Now()
				for range 50 {
					text, err := files.ReadString(t.Context(), b, "a", nil)
					if err != nil || len(text) != 10_000 {
						t.Fatalf("%d bytes, %v", len(text), err)
					}
					if _, err = files.PutString(t.Context(), b, "n", text, nil); err != nil {
						t.Fatal(err)
					}
				}
				if took := time.Since(start); took > time.Millisecond {
					t.Errorf("100 calls waited %v", took)
				}
			})
		})
	}
}

// TestSmallestRates: with the smallest rates a call waits, for centuries if need be, and
// the wait ends with its context; an earlier deadline ends it at once.
func TestSmallestRates(t *testing.T) {
	for _, perSecond := range []float64{math.SmallestNonzeroFloat64, 1e-300, 1e-12, 1e-9} {
		synctest.Test(t, func(t *testing.T) {
			below := newBelow(t, 0, 1)
			b := limited(t, below, &limit.Options{All: limit.Limits{PerSecond: perSecond}})
			if _, err := b.Stat(t.Context(), "a", nil); err != nil { // the burst
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			var all sync.WaitGroup
			all.Go(func() {
				if _, err := b.Stat(ctx, "a", nil); !errors.Is(err, context.Canceled) {
					t.Errorf("%g a second: %v, want context.Canceled", perSecond, err)
				}
			})
			time.Sleep(24 * time.Hour)
			if n := len(below.calls); n != 1 {
				t.Errorf("%g a second: %d calls were made on the first day", perSecond, n)
			}
			late, stop := context.WithTimeout(t.Context(), time.Hour)
			defer stop()
			start := time.Now()
			if _, err := b.Stat(late, "a", nil); !errors.Is(err, context.DeadlineExceeded) ||
				time.Since(start) != 0 {
				t.Errorf("%g a second, with a deadline: %v after %v", perSecond, err,
					time.Since(start))
			}
			cancel()
			all.Wait()
		})
	}
}
