package hostile

import (
	"testing"
	"time"
)

// LeaksNow has what doesn't end waited for only briefly, until the test ends: for a
// driver that is known to leak.
func LeaksNow(t *testing.T) {
	before := settleTime
	t.Cleanup(func() { settleTime = before })
	settleTime = 100 * time.Millisecond
}
