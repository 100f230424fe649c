package retry_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/retry"
)

// TestPoliciesThatMakeNoSense: a negative number, a nil context and a nil function are
// ErrInvalid, which says what is wrong, and nothing is called.
func TestPoliciesThatMakeNoSense(t *testing.T) {
	for want, p := range map[string]*retry.Policy{
		"Policy.Attempts is negative": {Attempts: -5},
		"Policy.Delay is negative":    {Delay: -1},
		"Policy.MaxDelay is negative": {MaxDelay: -3},
		"Budget.Burst is negative":    {Budget: &retry.Budget{Burst: -1}},
	} {
		called := false
		err := p.Do(t.Context(), func(context.Context, int) error { called = true; return nil })
		if !errors.Is(err, files.ErrInvalid) || !strings.Contains(err.Error(), want) || called {
			t.Errorf("Do: %v, called %v, want %s", err, called, want)
		}
		b := retry.Wrap(mem.New(nil), p)
		if _, err := b.Stat(t.Context(), "a", nil); !errors.Is(err, files.ErrInvalid) {
			t.Errorf("Stat with a policy of which %s: %v, want ErrInvalid", want, err)
		}
		listed := false
		for _, err := range b.List(t.Context(), "", nil) {
			if listed = true; !errors.Is(err, files.ErrInvalid) {
				t.Errorf("List with a policy of which %s: %v, want ErrInvalid", want, err)
			}
		}
		if !listed {
			t.Errorf("List with a policy of which %s: no error", want)
		}
	}
	var p *retry.Policy
	if err := p.Do(t.Context(), nil); !errors.Is(err, files.ErrInvalid) {
		t.Errorf("Do of nil: %v, want ErrInvalid", err)
	}
	var none context.Context
	if err := p.Do(none, func(context.Context, int) error { return nil }); !errors.Is(err,
		files.ErrInvalid) {
		t.Errorf("Do with a nil context: %v", err)
	}
	if p := retry.FromParams(nil); p.Budget.Left() != retry.DefaultBurst {
		t.Errorf("FromParams(nil): %v", p)
	}
	if n := (&retry.Budget{Burst: math.MaxInt}).Left(); n < 1<<20 {
		t.Errorf("the largest budget has %d retries", n)
	}
}
