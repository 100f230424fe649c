package cases

import (
	"errors"
	"io"
	"sync/atomic"
	"time"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
)

// meeting makes readers of which each waits, before its last byte, until n have come so
// far: who decides before the end of the upload then lets all of them through. A driver
// may let one upload of a name run at a time, or refuse without reading: so the wait is
// short.
func meeting(n int64) func(c []byte) io.Reader {
	var came atomic.Int64
	all := make(chan struct{})
	return func(c []byte) io.Reader {
		return check.Hook(c, len(c)-1, func() {
			if came.Add(1) == n {
				close(all)
			}
			timer := time.NewTimer(20 * time.Millisecond)
			defer timer.Stop()
			select {
			case <-all:
			case <-timer.C:
			}
		})
	}
}

// oneWinner fails where not exactly one of the racers succeeded and the others got the
// sentinel.
func oneWinner(t suite.T, errs []error, lost error, verify func(winner int)) {
	t.Helper()
	var winners []int
	for i, err := range errs {
		switch {
		case err == nil:
			winners = append(winners, i)
		case !errors.Is(err, lost):
			t.Errorf("racer %d: got %s, want %q", i, check.ErrText(err), lost)
		}
	}
	if len(winners) != 1 {
		t.Errorf("%d of %d racers succeeded, want exactly 1", len(winners), len(errs))
		return
	}
	verify(winners[0])
}
