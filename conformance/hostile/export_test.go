package hostile

import (
	"testing"
	"time"
)

// LeaksNow shortens the wait for goroutines that don't end, until the test ends. It is
// for a driver that is known to leak.
func LeaksNow(t *testing.T) {
	before := settleTime
	t.Cleanup(func() { settleTime = before })
	settleTime = 100 * time.Millisecond
}
