package cases

import (
	"errors"
	"io"
	"sync/atomic"
	"time"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
)

// meeting returns readers that each wait, before their last byte, until n readers have
// come that far. A driver that decides before the end of the upload then lets all of
// them through. Because a driver may run one upload of a name at a time, or refuse
// without reading, the wait is short.
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

// oneWinner fails the case unless exactly one of the racers succeeded and the others
// got the sentinel.
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
