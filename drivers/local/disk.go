package local

import (
	"strings"
	"sync/atomic"
	"time"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

// disk is what is known of a handle's file system.
type disk struct {
	known   atomic.Pointer[habits]
	settled atomic.Bool // known is complete
	sp      *spelling   // nil if the file system surely distinguishes names
	kind    fsys.Kind
	// resolution is what times are truncated to (V2). It never changes during a
	// handle's life.
	resolution time.Duration
}

// rules returns the rules by which names are encoded now. The first write may find
// stricter ones.
func (b *backend) rules() rules { return b.disk.known.Load().rules }

// detect finds out what it can without changing the folder. It returns the root, with a
// layer that distinguishes spellings if one is needed.
func (k *disk) detect(root fsys.Dir) (fsys.Dir, error) {
	h := habits{rules: rules{windows: windows, foldCase: foldCase}, resolution: time.Nanosecond}
	k.known.Store(&h)
	k.kind = root.Kind()
	k.resolution = h.resolution
	if !tried {
		k.settled.Store(true)
		return root, nil
	}
	exact := k.kind.Exact() && !fsys.Folding(root)
	note, noted, err := readHabits(root, controlDir+"/"+diskFile)
	if err != nil {
		return root, err
	}
	if noted {
		h = note
	}
	k.known.Store(&h)
	k.settled.Store(exact || noted)
	switch {
	case exact:
		k.resolution = exactTimes(root)
	case noted:
		k.resolution = note.resolution
	default:
		k.resolution = time.Duration(coarsest)
	}
	if exact && !h.folds {
		return root, nil
	}
	folds := h.folds || !noted && fsys.Folding(root)
	if !noted && !folds {
		if folds, err = seemsToFold(root); err != nil {
			return root, mapError(err)
		}
	}
	k.sp = &spelling{}
	k.sp.on.Store(folds)
	d := k.sp.dir(root, false)
	d.root = true
	return d, nil
}

// exactTimes returns the resolution of times on the usual file systems. It is a
// nanosecond, except on ext4 with inodes of 128 bytes, which stores seconds.
func exactTimes(root fsys.Dir) time.Duration {
	st, err := root.Stat()
	if err == nil && st.ModTime%int64(time.Second) == 0 && st.ChangeTime%int64(time.Second) == 0 {
		return time.Second
	}
	return time.Nanosecond
}

// seemsToFold reports whether an entry of the folder is also found by another spelling.
// If no name has a letter, none can be mistaken for another. A folder that the user may
// not list counts as one that doesn't fold; any other failure of the listing is an
// error.
func seemsToFold(root fsys.Dir) (bool, error) {
	names, err := list(root)
	if err != nil && !isDenied(err) {
		return false, err
	}
	for _, name := range names {
		other := swapCase(name)
		if other == name {
			continue
		}
		for range 3 { // FUSE may miss a file that exists (confirm.go)
			st, err := root.Lstat(name)
			if err != nil {
				continue
			}
			if now, err := root.Lstat(other); err == nil {
				return now.SameFile(st), nil
			}
		}
		return false, nil
	}
	return false, nil
}

func swapCase(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return r
	}, name)
}

// folds reports whether the file system takes several spellings for one name.
func (k *disk) folds() bool { return k.sp != nil && k.sp.on.Load() }

// readNote reads the note, which another process may have written since.
func (b *backend) readNote() error {
	h, ok, err := readHabits(b.root, controlDir+"/"+diskFile)
	if ok && err == nil {
		b.adopt(h)
	}
	return err
}

// adopt makes the handle use these habits from now on.
func (b *backend) adopt(h habits) {
	b.disk.known.Store(&h)
	if b.disk.sp != nil {
		b.disk.sp.on.Store(h.folds)
	}
	b.disk.settled.Store(true)
}

// learn tries out the file system in a new staging folder, and writes what it found to
// the note. The caller holds the lock of staging folders.
func (b *backend) learn(s *staging) error {
	if b.disk.sp == nil || b.disk.kind.Exact() && b.disk.settled.Load() {
		return nil
	}
	note, noted, err := readHabits(s.control, diskFile)
	if err != nil {
		return err
	}
	h, err := probe(s.dir, s.alive)
	if err != nil {
		return err
	}
	if noted {
		h = note.and(h)
	}
	if !noted || h != note {
		if err := b.writeHabits(s, h); err != nil {
			return err
		}
	}
	b.adopt(h)
	return nil
}

// truncateTime truncates an entry's time to the resolution in Features.
func (b *backend) truncateTime(e files.Entry) files.Entry {
	if r := b.disk.resolution; r > time.Nanosecond {
		e.ModTime = e.ModTime.Truncate(r)
	}
	return e
}
