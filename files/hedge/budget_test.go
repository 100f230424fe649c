package hedge_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/hedge"
)

// TestBudget: extra requests are a share of all calls, and a burst.
func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t, line{takes: 100 * ms})
		b := hedged(t, s, &hedge.Options{Delay: 50 * ms, Share: 0.25, Burst: 4})
		const calls = 400
		for range calls {
			if _, err := b.Stat(t.Context(), "a", nil); err != nil {
				t.Fatal(err)
			}
		}
		if extra := s.seen().calls - calls; extra < 100 || extra > 104 {
			t.Errorf("%d extra requests for %d calls, want a quarter and 4", extra, calls)
		}
		// The default share is one in twenty, for many callers as for one.
		s = newScript(t, line{takes: 100 * ms})
		b = hedged(t, s, &hedge.Options{Delay: 50 * ms})
		var wg sync.WaitGroup
		for range calls {
			wg.Go(func() { files.Exists(t.Context(), b, "a") })
		}
		wg.Wait()
		if extra := s.seen().calls - calls; extra != 10 {
			t.Errorf("%d extra requests at once, want the burst of 10", extra)
		}
	})
}

// TestAdaptiveDelay: the delay is the 95th percentile of the last calls, follows them
// up and down, and isn't computed from too few. Get and Stat have one each.
func TestAdaptiveDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t, line{})
		b := hedged(t, s, &hedge.Options{Share: 1, Burst: 1000})
		took := func(d time.Duration) (time.Duration, int) {
			s.next(line{takes: d}, line{})
			start := time.Now()
			if _, err := b.Stat(t.Context(), "a", nil); err != nil {
				t.Fatal(err)
			}
			return time.Since(start), s.seen().calls
		}
		for range 19 {
			if _, n := took(time.Second); n != 1 {
				t.Fatal("a call was hedged before there were enough times")
			}
		}
		took(time.Second)
		if d, n := took(time.Hour); n != 2 || d != time.Second {
			t.Errorf("after 20 calls of 1s: %d calls in %v", n, d)
		}
		for i := range 200 { // 90 of 100 take 20 ms, 4 take 40, the others 80
			switch d := 20 * ms; {
			case i%25 == 0:
				took(2 * d)
			case i%17 == 0:
				took(4 * d)
			default:
				took(d)
			}
		}
		d, n := took(time.Hour)
		if n != 2 || d != 40*ms {
			t.Errorf("%d calls in %v, want the second after 40ms", n, d)
		}
		if r, err := b.Get(t.Context(), "a", nil); err != nil {
			t.Error(err)
		} else {
			r.Close()
		}
		// If a service has become slow, calls aren't made twice forever.
		extra := 0
		for i := range 300 {
			s.next(line{takes: 1100*ms - time.Duration(i%100)*ms})
			b.Stat(t.Context(), "a", nil)
			extra += s.seen().calls - 1
		}
		if extra > 60 { // 10 until the delay is computed again, then 5 of 100
			t.Errorf("%d of 300 calls were made twice when all had become slow", extra)
		}
	})
}
