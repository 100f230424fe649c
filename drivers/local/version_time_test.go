package local

import (
	"testing"
	"time"

	"cloudfiles.dev/drivers/local/internal/fsys"
)

// A file's time proves that it was put only if it is the one that a Put gives to this
// inode and birth, and if the birth is known and was before it.
func TestTimesThatProve(t *testing.T) {
	const unit = 17_000_000_000_000
	at := fsys.Stat{Ino: 12, Birth: unit*timeUnit - 1}
	own := func(change func(st *fsys.Stat)) fsys.Stat {
		st := at
		change(&st)
		st.ModTime = provingTime(&st, unit)
		return st
	}
	with := func(change func(st *fsys.Stat)) fsys.Stat {
		st := own(func(*fsys.Stat) {})
		change(&st)
		return st
	}
	for what, c := range map[string]struct {
		st   fsys.Stat
		want bool
	}{
		"its own":                 {with(func(*fsys.Stat) {}), true},
		"a nanosecond later":      {with(func(st *fsys.Stat) { st.ModTime++ }), false},
		"of another inode":        {with(func(st *fsys.Stat) { st.Ino++ }), false},
		"of another birth":        {with(func(st *fsys.Stat) { st.Birth-- }), false},
		"in the next unit":        {with(func(st *fsys.Stat) { st.ModTime += timeUnit }), false},
		"of a unit before":        {with(func(st *fsys.Stat) { st.ModTime -= timeUnit }), false},
		"if no birth is known":    {own(func(st *fsys.Stat) { st.Birth = 0 }), false},
		"if the file was younger": {own(func(st *fsys.Stat) { st.Birth += 2 * timeUnit }), false},
	} {
		if got := hasProvingTime(&c.st); got != c.want {
			t.Errorf("hasProvingTime of a time %s = %v, want %v", what, got, c.want)
		}
	}
	for i := range int64(1000) { // no proving time looks like a marked one, or the reverse
		st := fsys.Stat{Ino: uint64(i), Birth: 1}
		st.ModTime = provingTime(&st, unit+i)
		if !hasProvingTime(&st) || hasMarkedTime(&st) || st.ModTime/timeUnit != unit+i {
			t.Fatalf("%d, from provingTime, is proving: %v, marked: %v", st.ModTime,
				hasProvingTime(&st), hasMarkedTime(&st))
		}
		st.ModTime = markedTime(&st, unit+i)
		if hasProvingTime(&st) || !hasMarkedTime(&st) || st.ModTime/timeUnit != unit+i {
			t.Fatalf("%d, from markedTime, is proving: %v, marked: %v", st.ModTime,
				hasProvingTime(&st), hasMarkedTime(&st))
		}
	}
}

// A file's next change certainly changes its time only once the clock has ticked since
// the last one, by the steps in which its file system stores times.
func TestNextChangeChangesTheTime(t *testing.T) {
	fine := &backend{fineTimes: true, rootStat: fsys.Stat{Dev: 1}}
	steps := &backend{rootStat: fsys.Stat{Dev: 1}}
	for what, c := range map[string]struct {
		b       *backend
		device  uint64
		seconds bool // the time has no fraction of a second
		ago     time.Duration
		want    bool
	}{
		"fine times, about to come":     {fine, 1, false, -time.Minute, true},
		"fine times of another disk":    {fine, 2, false, -time.Minute, false},
		"steps, about to come":          {steps, 1, false, -time.Minute, false},
		"steps, a second ago":           {steps, 1, false, time.Second, true},
		"steps, of a clock far ahead":   {steps, 1, false, -2 * time.Hour, true},
		"seconds, just now":             {fine, 1, true, time.Second, false},
		"seconds, a minute ago":         {fine, 1, true, time.Minute, true},
		"seconds, of a clock far ahead": {steps, 1, true, -2 * time.Hour, false},
	} {
		var got bool
		for begun := time.Now(); ; begun = time.Now() {
			changed := begun.Add(-c.ago).Truncate(time.Second)
			if !c.seconds {
				changed = changed.Add(1)
			}
			got = c.b.settled(&fsys.Stat{Dev: c.device, ChangeTime: changed.UnixNano()})
			if time.Since(begun) < time.Second { // otherwise the machine stood still
				break
			}
		}
		if got != c.want {
			t.Errorf("settled = %v with %s, want %v", got, what, c.want)
		}
	}
}
