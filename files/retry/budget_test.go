package retry_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/retry"
)

func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &retry.Policy{Budget: &retry.Budget{Burst: 6}}
		calls := 0
		broken := func(context.Context, int) error { calls++; return unavailable() }
		for i, want := range []struct{ calls, left, attempts int }{
			{5, 2, 5},
			{3, 0, 3},
			{1, 0, 1},
			{1, 0, 1},
		} {
			calls = 0
			err := p.Do(t.Context(), broken)
			if calls != want.calls || p.Budget.Left() != want.left ||
				retry.Attempts(err) != want.attempts || !errors.Is(err, errReset) {
				t.Errorf("call %d: %d attempts (the error has %d), %d left; want %+v; %v", i,
					calls, retry.Attempts(err), p.Budget.Left(), want, err)
			}
			if i == 2 &&
				text(err) != "temporarily unavailable: the service is busy, after 1 attempt, no "+
					"retry because too many requests fail" {
				t.Errorf("the error's text is %q", text(err))
			}
		}
		// Ten successes pay for one retry.
		fine := func(context.Context, int) error { return nil }
		for range 19 {
			p.Do(t.Context(), fine)
		}
		if n := p.Budget.Left(); n != 1 {
			t.Errorf("%d left after 19 successes, want 1", n)
		}
		for range 1000 {
			p.Do(t.Context(), fine)
		}
		if n := p.Budget.Left(); n != 6 {
			t.Errorf("%d left after many successes, want the 6 of the burst and no more", n)
		}
	})
	var none *retry.Budget
	if none.Left() != -1 || (&retry.Budget{}).Left() != retry.DefaultBurst ||
		retry.New().Budget.Left() != retry.DefaultBurst || (&retry.Budget{Burst: -1}).Left() != 0 {
		t.Error("the nil, the zero or the negative Budget has the wrong number of retries left")
	}
	// Errors other than ErrUnavailable neither cost nor pay.
	p := &retry.Policy{Budget: &retry.Budget{Burst: 2}}
	p.Do(t.Context(), func(context.Context, int) error { return files.ErrNotExist })
	if p.Budget.Left() != 2 {
		t.Errorf("Left after an error that isn't ErrUnavailable = %d, want 2", p.Budget.Left())
	}
}

// TestBudgetIsShared: many callers together retry exactly as often as the budget
// allows.
func TestBudgetIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &retry.Policy{Attempts: 20, Budget: &retry.Budget{Burst: 100}}
		var mu sync.Mutex
		var wg sync.WaitGroup
		requests := 0
		for range 16 {
			wg.Go(func() {
				p.Do(t.Context(), func(context.Context, int) error {
					mu.Lock()
					defer mu.Unlock()
					requests++
					return unavailable()
				})
			})
		}
		wg.Wait()
		if requests != 16+100 || p.Budget.Left() != 0 {
			t.Errorf("%d requests, %d retries left; want 116 and none", requests, p.Budget.Left())
		}
	})
}
