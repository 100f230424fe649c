package transfer

import (
	"math"
	"testing"

	"cloudfiles.dev/files/driver"
)

// TestKillsLoseATenth: what three kills lose together, which is what a first run and
// two that continue have on their way, is at most a tenth of a file of 30 parts or
// more, and otherwise one part each.
func TestKillsLoseATenth(t *testing.T) {
	for _, l := range []driver.UploadLimits{
		{MinPart: 1, MaxPart: math.MaxInt64, MaxParts: 10_000},
		{MinPart: 64 << 10, MaxPart: 4000 << 20, MaxParts: 50_000},
		{MinPart: 5 << 20, MaxPart: 5 << 30, MaxParts: 10_000},
	} {
		for size := int64(64 << 20); size < 5<<40; size += size / 7 {
			part, first, later := division(size, l)
			if part < l.MinPart || part > l.MaxPart || first < 1 || later < 1 || later > first {
				t.Fatalf("%d bytes: %d parts of %d, and then %d", size, first, part, later)
			}
			lost := part * int64(first+2*later)
			if size >= 30*part && lost > size/10 || size < 30*part && lost > 3*part {
				t.Errorf("%d bytes: three kills lose %d: %d parts of %d, and then %d", size, lost,
					first, part, later)
			}
		}
	}
}
