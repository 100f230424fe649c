package local

import (
	"testing"
	"time"

	"cloudfiles.dev/drivers/local/internal/fsys"
)

// TestTimesSettled: a folder that was just changed is read again for two seconds if its
// file system may store whole seconds, and for a moment if its clock has steps. A time
// that is a whole microsecond by chance makes no difference on file systems that store
// nanoseconds.
func TestTimesSettled(t *testing.T) {
	// A change in the future is recent also on a machine that stops for a while.
	recent := time.Now().Add(time.Hour).Truncate(time.Second)
	past := time.Now().Add(-50 * time.Millisecond).Truncate(time.Second).Add(time.Microsecond)
	for _, c := range []struct {
		what    string
		kind    fsys.Kind
		time    time.Time
		settled bool
	}{
		{"seconds, ext4", fsys.Ext, recent, false},
		{"seconds, btrfs", fsys.Btrfs, recent, false},
		{"seconds long ago, ext4", fsys.Ext, recent.Add(-2 * time.Hour), true},
		{"just now, tmpfs", fsys.Tmpfs, recent.Add(7), false},
		{"microseconds, tmpfs", fsys.Tmpfs, past, true},
		{"microseconds, btrfs", fsys.Btrfs, past, true},
		{"microseconds to come, another", fsys.OtherKind, recent.Add(time.Microsecond), false},
		{"nanoseconds, another", fsys.OtherKind, past.Add(-time.Second + 7), true},
	} {
		ns := c.time.UnixNano()
		st := fsys.Stat{ModTime: ns, ChangeTime: ns}
		if got := timesSettled(c.kind, st); got != c.settled {
			t.Errorf("%s: timesSettled = %v, want %v", c.what, got, c.settled)
		}
	}
}
