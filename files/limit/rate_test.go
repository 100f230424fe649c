package limit

import (
	"math"
	"testing"
	"testing/synctest"
	"time"
)

// TestMoreThanTheBurst: more tokens than the burst come in parts, which is not an error.
func TestMoreThanTheBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRate(10, 5, "bytes")
		start := time.Now()
		if err := r.take(t.Context(), 105, nil); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start).Round(time.Millisecond); took != 10*time.Second {
			t.Errorf("105 at 10 a second with a burst of 5 took %v, want 10s", took)
		}
		if r.owed != 0 || r.waiting.Len() != 0 {
			t.Errorf("%v tokens are owed to %d waits, want none", r.owed, r.waiting.Len())
		}
		// No number is too large or too small for the arithmetic.
		r = newRate(math.SmallestNonzeroFloat64, 1, "operations")
		if d := r.until(2); d != math.MaxInt64 {
			t.Errorf("the wait at the smallest rate is %v, want the longest Duration", d)
		}
		r = newRate(math.MaxFloat64, math.MaxFloat64, "bytes")
		if err := r.take(t.Context(), math.MaxInt64, nil); err != nil {
			t.Error(err)
		}
	})
}
