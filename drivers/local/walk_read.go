package local

import (
	"time"

	"cloudfiles.dev/drivers/local/internal/fsys"
)

// A system may skip a name that is moved or replaced while it reads a folder, though
// the name is there throughout (L4): how and when depends on the file system.
//
//	ext4, XFS, F2FS   a name that is replaced stays where it is, and one call reads at one moment
//	tmpfs             one call reads at one moment; a name that is replaced between two may be
//	                  missed, and its times move by steps of the clock
//	btrfs             a name that is replaced moves behind the last one; what was moved after the
//	                  folder was opened, or positioned, isn't read. So one call may miss it
//	others            unknown: FUSE and overlays have any of these below them
//
// So a folder is read again, and what was missed is added, until its times did not
// change during a reading. On btrfs only the end is read again: a name that is missed
// there must have been replaced within one short call, each time.

// reading is what is done with the entries of a folder.
type reading struct {
	// each gets every entry, some several times; false ends the reading.
	each func(name []byte, t fsys.Type) bool
	// pause is called between the pieces, if it isn't nil; false ends the reading.
	pause func() bool
	// again is called before the folder is read again, if it isn't nil.
	again func()
}

const (
	// How often a folder that keeps changing is read. On ext4 and the like, only files
	// that move between two names may be missed.
	maxReadings = 16
	fewReadings = 4
	maxTails    = 100
	// maxRecent is how often a folder is read whose times may hide a change.
	maxRecent = 3
	// clockSlack is more than the steps of the clock that file systems take their times
	// from; coarseSlack is more than those of the coarsest times that they store.
	clockSlack  = 20 * time.Millisecond
	coarseSlack = 2100 * time.Millisecond
)

const (
	// tmpfsEntry is what an entry adds to a folder's size on tmpfs; readEntry is what
	// it takes in a buffer with a name of 40 bytes, and maxBuffer bounds the one that
	// takes a folder in one call.
	tmpfsEntry = 20
	readEntry  = 64
	maxBuffer  = 8 << 20
)

// unknownKind is a kind that fsys doesn't have.
const unknownKind = fsys.Kind(255)

// kindOf is the kind of the file system that the folder is on, asked once while a walk
// stays on one.
func (l *walk) kindOf(d fsys.Dir, device uint64) fsys.Kind {
	if l.kind == unknownKind || l.device != device {
		l.kind, l.device = d.Kind(), device
	}
	return l.kind
}

// stays reports whether a name that is replaced stays where it is in the folder, and
// atOnce whether one call reads the folder at one moment.
func stays(k fsys.Kind) bool  { return k == fsys.Ext || k == fsys.XFS || k == fsys.F2FS }
func atOnce(k fsys.Kind) bool { return stays(k) || k == fsys.Tmpfs }

// timesSettled reports whether a change of the folder, from now on, will give it other
// times.
func timesSettled(k fsys.Kind, st fsys.Stat) bool {
	slack := clockSlack
	switch {
	case mayBeCoarse(st):
		slack = coarseSlack
	case k.FineTimes():
		return true
	}
	return st.ChangeTime <= time.Now().Add(-slack).UnixNano()
}

// readAll reads a folder, whose state was st when it was opened or later. exact is true
// if it was read once, and what was read is there as long as its state is st.
func (l *walk) readAll(d fsys.Dir, st fsys.Stat, buf []byte, r reading) (exact bool, err error) {
	kind := l.kindOf(d, st.Dev)
	// a rename may have set the times when st was taken, and not moved the name yet
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
		oneCall := calls <= 2 // the second call said that there is no more
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

// timesMove reports whether a folder's times are known to move with what is in it.
func timesMove(k fsys.Kind) bool {
	return k != fsys.OtherKind && k != fsys.FUSE && k != fsys.FAT && k != fsys.NFS && k != fsys.SMB
}

// readOnce reads a folder from where it is positioned, and returns how many calls it
// took.
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
