package local

import (
	"time"

	"cloudfiles.dev/drivers/local/internal/fsys"
)

// A system may skip a name that is moved or replaced while it reads a folder, although
// the name exists all the while (L4). How and when depends on the file system.
//
//	ext4, XFS, F2FS   a name that is replaced keeps its position, and one call reads at one moment
//	tmpfs             one call reads at one moment; a name that is replaced between two calls
//	                  may be missed, and times change by steps of the clock
//	btrfs             a name that is replaced moves to the end; what was moved after the folder
//	                  was opened, or after a seek, isn't read. So one call may miss it
//	others            unknown: FUSE and overlays may lie over any of these
//
// So a folder is read again, and what was missed is added, until its times did not
// change during a reading. On btrfs only the end is read again: a name that is still
// missed must have been replaced during one short call, each time.

// reading has the functions that readAll calls.
type reading struct {
	// each is called with every entry, with some several times; false ends the reading.
	each func(name []byte, t fsys.Type) bool
	// pause is called between two calls of ReadDir, if it isn't nil; false ends the
	// reading.
	pause func() bool
	// again is called before the folder is read again, if it isn't nil.
	again func()
}

const (
	// How many times a folder that keeps changing is read. On ext4 and similar file
	// systems, only files that move between two names may be missed.
	maxReadings = 16
	fewReadings = 4
	maxTails    = 100
	// maxRecent is how many times a folder is read if its times may hide a change.
	maxRecent = 3
	// clockSlack is longer than the steps of the clock that file systems take their
	// times from; coarseSlack is longer than the steps of the coarsest times that they
	// store.
	clockSlack  = 20 * time.Millisecond
	coarseSlack = 2100 * time.Millisecond
)

const (
	// tmpfsEntry is what an entry adds to a folder's size on tmpfs, and readEntry is
	// what it takes in a buffer if its name has 40 bytes. maxBuffer is the size of the
	// largest buffer for reading a folder in one call. All are in bytes.
	tmpfsEntry = 20
	readEntry  = 64
	maxBuffer  = 8 << 20
)

// unknownKind is not a kind of package fsys.
const unknownKind = fsys.Kind(255)

// kindOf returns the kind of the folder's file system. It calls Kind once while the
// walk stays on one file system.
func (l *walk) kindOf(d fsys.Dir, device uint64) fsys.Kind {
	if l.kind == unknownKind || l.device != device {
		l.kind, l.device = d.Kind(), device
	}
	return l.kind
}

// stays reports whether a name that is replaced keeps its position in the folder, and
// atOnce whether one call reads the folder at one moment.
func stays(k fsys.Kind) bool  { return k == fsys.Ext || k == fsys.XFS || k == fsys.F2FS }
func atOnce(k fsys.Kind) bool { return stays(k) || k == fsys.Tmpfs }

// hasCoarseTimes reports whether the folder may have coarse times. The usual file systems
// store nanoseconds, and ext4 in small inodes whole seconds; one time in a thousand is a
// whole microsecond by chance.
func hasCoarseTimes(k fsys.Kind, st fsys.Stat) bool {
	if atOnce(k) || k == fsys.Btrfs {
		const second = int64(time.Second)
		return st.ModTime%second == 0 && st.ChangeTime%second == 0
	}
	return mayBeCoarse(st)
}

// timesSettled reports whether a change of the folder from now on will change its times.
func timesSettled(k fsys.Kind, st fsys.Stat) bool {
	slack := clockSlack
	switch {
	case hasCoarseTimes(k, st):
		slack = coarseSlack
	case k.FineTimes():
		return true
	}
	return st.ChangeTime <= time.Now().Add(-slack).UnixNano()
}

// readAll reads a folder; st is its Stat from when it was opened or later. exact
// reports that it was read once, and that it contains what was read as long as its Stat
// is st.
func (l *walk) readAll(d fsys.Dir, st fsys.Stat, buf []byte, r reading) (exact bool, err error) {
	kind := l.kindOf(d, st.Dev)
	// When st was taken, a rename may have set the times but not moved the name yet.
	if kind == fsys.Btrfs {
		if err := d.Rewind(false); err != nil {
			return false, gone(err)
		}
	}
	if n := st.Size / tmpfsEntry * readEntry; kind == fsys.Tmpfs && n > int64(len(buf)) {
		buf = make([]byte, min(n, maxBuffer))
	}
	for round := 1; ; round++ {
		still := timesSettled(kind, st)
		calls, wanted, err := readOnce(d, buf, r)
		if err != nil || !wanted {
			return false, gone(err)
		}
		oneCall := calls <= 2 // the second call returned that there is no more
		if oneCall && atOnce(kind) {
			return still && round == 1, nil
		}
		now, err := d.Stat()
		if err != nil {
			return false, gone(err)
		}
		most := maxReadings
		switch same := now.ModTime == st.ModTime && now.ChangeTime == st.ChangeTime; {
		case same && still && (oneCall || round > 1 || timesMove(kind)):
			return round == 1, nil
		case same && (oneCall || kind != fsys.Tmpfs):
			most = maxRecent
		case stays(kind):
			most = fewReadings
		case kind == fsys.Btrfs:
			most = maxTails
		}
		if round >= most {
			return false, nil
		}
		st = now
		if r.again != nil && (round == 1 || kind != fsys.Btrfs) {
			r.again()
		}
		if err := d.Rewind(kind == fsys.Btrfs); err != nil {
			return false, gone(err)
		}
	}
}

// timesMove reports whether a folder's times are known to change with its entries.
func timesMove(k fsys.Kind) bool {
	return k != fsys.OtherKind && k != fsys.FUSE && k != fsys.FAT && k != fsys.NFS && k != fsys.SMB
}

// readOnce reads a folder from its position to its end, and returns the number of calls.
func readOnce(d fsys.Dir, buf []byte, r reading) (calls int, wanted bool, err error) {
	wanted = true
	for more := true; more && wanted; calls++ {
		more, err = d.ReadDir(buf, func(name []byte, t fsys.Type) {
			wanted = wanted && r.each(name, t)
		})
		if err != nil {
			return calls, false, err
		}
		if r.pause != nil && wanted {
			wanted = r.pause()
		}
	}
	return calls, wanted, nil
}
