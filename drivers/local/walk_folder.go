package local

import (
	"strings"
	"sync"
	"time"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

// folder is what was read of one: 16 bytes and the name for each entry.
type folder struct {
	dir   fsys.Dir
	names []byte // one behind the other; those of folders end in "/"
	items []item
	asIs  bool // some have that place
}

// item is an entry of a folder. loc has the name's offset, its length (12 bits), and the kind (4 bits).
type item struct {
	key uint64 // what the sorting compares at the moment
	loc uint64
}

const isFolder = 1 << 3

func (it item) len() int       { return int(it.loc >> 4 & 0xfff) }
func (it item) offset() int    { return int(it.loc >> 16) }
func (it item) isFolder() bool { return it.loc&isFolder != 0 }
func (it item) place() place   { return place(it.loc & 3) }

func (f *folder) text(it item) []byte {
	off := it.offset()
	return f.names[off : off+it.len()]
}

// add appends an entry if it is wanted.
func (f *folder) add(want *filter, text []byte, dir bool, p place) {
	off := len(f.names)
	f.names = append(f.names, text...)
	kind := uint64(p)
	if dir {
		f.names = append(f.names, '/')
		kind = isFolder
	}
	if !want.wants(f.names[off:], dir) {
		f.names = f.names[:off]
		return
	}
	f.asIs = f.asIs || p == asIs
	f.items = append(f.items, item{loc: uint64(off)<<16 | uint64(len(f.names)-off)<<4 | kind})
}

const (
	bufferSize = 256 << 10
	// keepItems is how large a folder's memory may be to be used again.
	keepItems = 64 << 10
	// maxReadings bounds how often a folder that is written to is read.
	maxReadings = 4
	// clockSlack is more than the steps of the clock that file systems take their times from.
	clockSlack = 20 * time.Millisecond
)

var buffers = sync.Pool{New: func() any { b := make([]byte, bufferSize); return &b }}

func (l *walk) folder(dir fsys.Dir) *folder {
	if n := len(l.free); n > 0 {
		f := l.free[n-1]
		l.free = l.free[:n-1]
		f.dir = dir
		return f
	}
	return &folder{dir: dir}
}

func (l *walk) release(f *folder) {
	if cap(f.items) <= keepItems {
		*f = folder{names: f.names[:0], items: f.items[:0]}
		l.free = append(l.free, f)
	}
}

// read reads what is wanted of a folder, in order, each name once.
//
// A system may pass over a name that is moved or replaced while it reads the folder, though the name is there
// throughout (L4). One call reads a folder at one moment, so small ones are safe. A large one that changed is read again, and
// what was missed is added; after that a name is missed only if it was changed, at an unlucky moment, during each reading.
func (l *walk) read(f *folder, want *filter) error {
	changed, err := l.scan(f.dir, nil, func(text []byte, dir bool, p place) { f.add(want, text, dir, p) })
	f.sort()
	for n := 1; changed && err == nil && n < maxReadings; n++ {
		changed, err = l.readAgain(f, want)
	}
	return err
}

// readAgain adds what was missed.
func (l *walk) readAgain(f *folder, want *filter) (changed bool, err error) {
	dir, err := f.dir.OpenDir("")
	if err != nil {
		return false, gone(err)
	}
	defer dir.Close()
	known := *f // its items are in order; their names stay where they are
	changed, err = l.scan(dir, nil, func(text []byte, dir bool, p place) {
		if !known.has(string(text), dir) {
			f.add(want, text, dir, p)
		}
	})
	if len(f.items) > len(known.items) {
		f.sort()
	}
	return changed, err
}

// scan calls each for every entry of the folder, and of the chains of folders in it that stand for long elements. It reports
// whether it may have missed something.
func (l *walk) scan(d fsys.Dir, parts []string, each func(text []byte, dir bool, p place)) (changed bool, err error) {
	var chains []string
	var failed error
	changed, err = readAll(d, *l.buf, func(name []byte, t fsys.Type) bool {
		switch {
		case t == fsys.Other || failed != nil:
		case parts == nil && t != fsys.Unknown && plain(l.rules, name):
			each(name, t == fsys.Directory, ownPlace)
		default:
			disk := string(name)
			if t == fsys.Unknown {
				var st fsys.Stat
				st, failed = d.Lstat(disk)
				failed = gone(failed)
				t = st.Type
			}
			switch text, what, p := l.rules.classify(disk, t, parts); what {
			case aFile, aFolder:
				each([]byte(text), what == aFolder, p)
			case aChain:
				chains = append(chains, text)
			}
		}
		return true
	}, nil)
	if err == nil {
		err = failed
	}
	for _, part := range chains {
		if err != nil {
			break
		}
		var c bool
		c, err = l.scanChain(d, part, parts, each)
		changed = changed || c
	}
	return changed, err
}

func (l *walk) scanChain(d fsys.Dir, part string, parts []string, each func([]byte, bool, place)) (bool, error) {
	if len(parts) > maxChain {
		return false, nil
	}
	sub, err := d.OpenDir(chainMark + part + chainTail)
	if err != nil {
		return false, gone(err)
	}
	defer sub.Close()
	return l.scan(sub, append(parts[:len(parts):len(parts)], part), each)
}

// maxChain is more parts than the longest element has.
const maxChain = 3*files.MaxName/maxPart + 2

// what an entry on disk is in its logical folder.
type what uint8

const (
	nothing what = iota
	aFile
	aFolder
	aChain // text is the part
)

// classify tells what an entry is: parts are those of the chain that it lies in, nil outside of one. The type is known. What
// may be a sidecar is a file with the place asIs.
func (r rules) classify(disk string, t fsys.Type, parts []string) (text string, k what, p place) {
	isDir := t == fsys.Directory
	if t != fsys.Regular && !isDir {
		return "", nothing, 0
	}
	kind, text, leaf := r.decode(disk)
	if leaf {
		p = leafPlace
	}
	k = aFile
	if isDir {
		k = aFolder
	}
	switch {
	case leaf && isDir:
	case kind == chainEntry && isDir:
		return text, aChain, 0
	case kind == endEntry && parts != nil:
		if text, ok := r.decodeChain(parts, text); ok {
			return text, k, p
		}
	case kind == elementEntry && parts == nil:
		return text, k, p
	case kind == foreignEntry && parts == nil && !isDir && strings.HasSuffix(disk, sidecarExt) && !strings.HasPrefix(disk, ownPrefix) && files.CheckElement(disk) == nil:
		return disk, aFile, asIs
	}
	return "", nothing, 0
}

// ownPrefix and sidecarExt enclose the names of what the driver itself puts beside files.
const ownPrefix = ".cloudfiles"

// readAll reads a folder until each returns false, or pause does, which is called, if there is one, between the pieces. It
// reports whether an entry may have been missed.
func readAll(d fsys.Dir, buf []byte, each func(name []byte, t fsys.Type) bool, pause func() bool) (changed bool, err error) {
	before, err := d.Stat()
	if err != nil {
		return false, err
	}
	recent := time.Now().Add(-clockSlack).UnixNano()
	wanted, calls := true, 0
	for more := true; more && wanted; calls++ {
		more, err = d.ReadDir(buf, func(name []byte, t fsys.Type) { wanted = wanted && each(name, t) })
		if err != nil {
			return false, gone(err)
		}
		if pause != nil && wanted {
			wanted = pause()
		}
	}
	if calls <= 2 { // the second call said that there is no more
		return false, nil
	}
	after, err := d.Stat()
	return after.ModTime != before.ModTime || after.ChangeTime != before.ChangeTime || before.ChangeTime > recent, err
}
