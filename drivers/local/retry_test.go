package local

import (
	"context"
	"errors"
	"testing"
	"time"

	"cloudfiles.dev/files"
)

// TestRetries: a loop has a number of turns, of which the first ones don't wait and a
// costly one counts as several. If another process uses a file, it has a time instead.
func TestRetries(t *testing.T) {
	cause := errors.New("the cause")
	var r retries
	for turn := 1; turn <= 12; turn++ {
		if err := r.again(t.Context(), retryLookup(cause)); err != nil {
			t.Fatalf("again in turn %d = %v, want nil", turn, err)
		}
		want := time.Duration(0)
		if turn > quickTurns {
			want = firstPause << (turn - quickTurns - 1)
		}
		if r.wait != want || r.turns != turn {
			t.Errorf("in turn %d, turns is %d and the pause %v, want %v", turn, r.turns, r.wait,
				want)
		}
	}
	for _, c := range []struct {
		what        string
		r           retries
		err         error
		turns       int
		wait        time.Duration
		unavailable bool
	}{
		{"the last turn", retries{turns: maxTurns - 1}, retryLookup(cause), maxTurns, firstPause,
			false},
		{"one more", retries{turns: maxTurns}, retryLookup(cause), maxTurns + 1, 0, true},
		{"any error", retries{turns: maxTurns}, cause, maxTurns + 1, 0, true},
		{"a costly one", retries{}, &retryError{cause: cause, costly: true}, costlyTurn,
			firstPause, false},
		{"the last costly one", retries{turns: maxTurns - costlyTurn},
			&retryError{cause: cause, costly: true}, maxTurns, firstPause, false},
		{"one costly one more", retries{turns: maxTurns - costlyTurn + 1},
			&retryError{cause: cause, costly: true}, maxTurns + 1, 0, true},
		{"the longest pause", retries{turns: 20, wait: longPause / 2}, retryLookup(cause), 21,
			longPause, false},
		{"no longer one", retries{turns: 20, wait: longPause}, retryLookup(cause), 21, longPause,
			false},
		{"held at first", retries{}, heldBy(cause), 1, firstPause, false},
		{"held for many turns", retries{turns: 1000}, heldBy(cause), 1001, firstPause, false},
		{"held for too long", retries{until: time.Now().Add(-1)}, heldBy(cause), 1, 0, true},
		{"not held, late", retries{until: time.Now().Add(-1)}, retryLookup(cause), 1, 0, false},
	} {
		begin := time.Now()
		err := c.r.again(t.Context(), c.err)
		if c.unavailable {
			if !errors.Is(err, files.ErrUnavailable) || !errors.Is(err, cause) {
				t.Errorf("%s: again = %v, want ErrUnavailable with the cause", c.what, err)
			}
		} else if err != nil {
			t.Errorf("%s: again = %v, want nil", c.what, err)
		}
		if c.r.turns != c.turns || c.r.wait != c.wait || time.Since(begin) < c.wait {
			t.Errorf("%s: %d turns and a pause of %v, want %d and %v", c.what, c.r.turns, c.r.wait,
				c.turns, c.wait)
		}
	}
	if rest := time.Until(r.until); rest > maxHeld || rest < maxHeld-20*time.Second {
		t.Errorf("a call waits for another process for %v, want about %v", rest, maxHeld)
	}
	if err := new(retries).again(t.Context(), errRetry); err != nil {
		t.Errorf("again of errRetry = %v, want nil", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range []error{retryLookup(cause), heldBy(cause)} {
		if err := new(retries).again(ended, err); !errors.Is(err, context.Canceled) {
			t.Errorf("again after the end of the context = %v, want Canceled", err)
		}
	}
	soon, cancel := context.WithCancel(t.Context())
	time.AfterFunc(time.Millisecond, cancel)
	if err := pause(soon, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("pause = %v if the context ends, want Canceled", err)
	}
}
