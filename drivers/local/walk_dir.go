package local

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

// dirContent is what was read of a folder: 16 bytes and the name for each entry.
type dirContent struct {
	dir      fsys.Dir
	names    []byte // concatenated; names of folders end in "/"
	items    []item
	start    int  // the first item that is wanted
	asIs     bool // some items have that kind
	replaced bool // dir is another folder than the one that was read

	known int    // how many items are in order, and are not added again
	most  int    // how many bytes are kept, 0 for no limit
	few   int    // how many items are kept, 0 for no limit
	cut   bool   // there are more names after the last
	limit []byte // the last name, if cut

	page   page // for later listings
	shared bool // names and items belong to a page
}

// item is an entry of a folder. loc is the name's offset, its length (12 bits) and the
// kind (4 bits).
type item struct {
	key uint64 // what sort compares at the moment
	loc uint64
}

const (
	dirBit   = 1 << 3
	plainBit = 1 << 2 // the name is the name on disk
)

func (it item) len() int           { return int(it.loc >> 4 & 0xfff) }
func (it item) offset() int        { return int(it.loc >> 16) }
func (it item) isDir() bool        { return it.loc&dirBit != 0 }
func (it item) isPlain() bool      { return it.loc&plainBit != 0 }
func (it item) pathKind() pathKind { return pathKind(it.loc & 3) }

func (f *dirContent) text(it item) []byte {
	off := it.offset()
	return f.names[off : off+it.len()]
}

// add appends an entry if it is wanted.
func (f *dirContent) add(want *filter, text []byte, dir bool, p pathKind) {
	off := len(f.names)
	f.names = append(f.names, text...)
	kind := uint64(p)
	if dir {
		f.names = append(f.names, '/')
		kind = dirBit
	}
	name := f.names[off:]
	if !want.wants(name,
		dir) || f.known > 0 && f.has(name) || f.cut && string(name) > string(f.limit) {
		f.names = f.names[:off]
		return
	}
	f.asIs = f.asIs || p == asIs
	f.items = append(f.items, item{loc: uint64(off)<<16 | uint64(len(f.names)-off)<<4 | kind})
	if f.few > 0 && len(f.items) >= 2*f.few ||
		f.most > 0 && len(f.names)+16*len(f.items) >= f.most {
		f.shorten()
	}
}

// shorten removes the last half of the names.
func (f *dirContent) shorten() {
	f.sort()
	keep := f.items[:(len(f.items)+1)/2]
	names := make([]byte, 0, cap(f.names))
	for i, it := range keep {
		text := f.text(it)
		keep[i].loc = uint64(len(names))<<16 | it.loc&0xffff
		names = append(names, text...)
	}
	f.names, f.items, f.cut = names, keep, true
	f.limit = append(f.limit[:0], f.text(keep[len(keep)-1])...)
	if f.known > 0 {
		f.known = len(keep)
	}
}

// sortNames sorts the items before the folder is read again.
func (f *dirContent) sortNames() {
	if len(f.items) > f.known {
		f.sort()
		f.known = len(f.items)
	}
}

// last returns the last name, or "".
func (f *dirContent) last() string {
	if len(f.items) == 0 {
		return ""
	}
	return string(f.text(f.items[len(f.items)-1]))
}

const (
	bufferSize = 256 << 10
	// keepItems is how many items the memory of a folder may hold to be reused.
	keepItems = 64 << 10
)

var buffers = sync.Pool{New: func() any { b := make([]byte, bufferSize); return &b }}

func (l *walk) newDir(dir fsys.Dir) *dirContent {
	if n := len(l.free); n > 0 {
		f := l.free[n-1]
		l.free = l.free[:n-1]
		f.dir = dir
		return f
	}
	return &dirContent{dir: dir}
}

func (l *walk) reuse(f *dirContent) {
	if cap(f.items) <= keepItems && !f.shared {
		*f = dirContent{names: f.names[:0], items: f.items[:0], limit: f.limit[:0]}
		l.free = append(l.free, f)
	}
}

// load reads what is wanted of the innermost folder, in order, each name once, or finds
// it among the pages. It keeps the error of what can't be read. If no Limit ends the
// listing, everything after the first part is read at once, so that a folder is read at
// most twice.
func (l *walk) load(st fsys.Stat, want *filter, at *region, first bool) (*dirContent, error) {
	d := l.levels.dir()
	view := l.view
	view.rules, view.mountRoot = l.rules, l.mountRoot
	p := page{
		key:   pageKey{view, st.Dev, st.Ino, want.prefix, want.shallow, want.room, at != nil},
		st:    st,
		after: want.after,
		past:  want.past,
	}
	f := l.newDir(d)
	most := l.pages.find(f, &p, want, l.kindOf(d, st.Dev))
	if f.shared {
		return f, nil
	}
	f.page = p
	switch limit := l.req.Limit; {
	case limit > 0 && most == 0:
		f.most, f.few = maxPageSize, 2*limit+256
	case limit > 0, l.req.PageSize > 0 && first:
		f.most = cmp.Or(most, maxPageSize)
	}
	r := reading{again: f.sortNames}
	var err error
	if at != nil {
		err = l.readDisk(f, st, want, *at, r)
	} else {
		err = l.scan(f, d, st, want, nil, r)
	}
	f.sort()
	return f, err
}

// scan adds every entry of the folder d, and of the chains of folders in it that stand
// for long elements. parts are the parts of the chain that d is in.
func (l *walk) scan(f *dirContent, d fsys.Dir, st fsys.Stat, want *filter, parts []string,
	r reading) error {
	var chains []string
	var failed error
	r.each = func(name []byte, t fsys.Type) bool {
		switch {
		case t == fsys.Other || failed != nil:
		case parts == nil && t != fsys.Unknown && plain(l.rules, name):
			if t != fsys.Directory || !l.lostAndFound(d, name) {
				f.add(want, name, t == fsys.Directory, basePath|plainBit)
			}
		default:
			disk := string(name)
			if l.unknown(disk) {
				failed = errEscaped
				break
			}
			if t == fsys.Unknown {
				now, err := d.Lstat(disk)
				if err != nil {
					failed = l.mapFileError(err, string(l.path)+disk)
					break
				}
				if t = now.Type; t == fsys.Directory && parts == nil && l.lostAndFound(d, name) {
					break
				}
			}
			switch text, what, p := l.rules.classify(disk, t, parts); what {
			case aFile, aFolder:
				f.add(want, []byte(text), what == aFolder, p)
			case aChain:
				chains = append(chains, text)
			}
		}
		return failed == nil
	}
	exact, err := l.readAll(d, st, *l.buf, r)
	if err != nil {
		exact, failed = false, l.mapDirError(err)
	}
	f.page.exact = exact && len(chains) == 0 && parts == nil
	slices.Sort(chains)
	for _, part := range slices.Compact(chains) {
		if failed != nil {
			break
		}
		failed = l.scanChain(f, d, want, append(parts[:len(parts):len(parts)], part), r)
	}
	return failed
}

func (l *walk) scanChain(f *dirContent, d fsys.Dir, want *filter, parts []string, r reading) error {
	if len(parts) > maxChain {
		return nil
	}
	sub, err := d.OpenDir(chainMark + parts[len(parts)-1] + chainTail)
	if err != nil {
		return l.mapDirError(err)
	}
	defer sub.Close()
	st, err := sub.Stat()
	if err != nil {
		return l.mapDirError(err)
	}
	return l.scan(f, sub, st, want, parts, r)
}

// maxChain is greater than the number of parts of the longest element.
const maxChain = 3*files.MaxName/(minLimit-15) + 2

// what says what an entry on disk is in the bucket's directory.
type what uint8

const (
	nothing what = iota
	aFile
	aFolder
	aChain // text is the part
)

// classify returns what an entry is. parts are the parts of the chain that it is in,
// nil outside a chain. t is not Unknown. An entry that may be a sidecar is a file of
// the kind asIs.
func (r rules) classify(disk string, t fsys.Type,
	parts []string) (text string, k what, p pathKind) {
	isDir := t == fsys.Directory
	if t != fsys.Regular && !isDir {
		return "", nothing, 0
	}
	kind, text, leaf := r.decode(disk)
	if leaf {
		p = leafPath
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
	case kind == foreignEntry && parts == nil && !isDir && strings.HasSuffix(disk,
		sidecarExt) && !strings.HasPrefix(disk, controlPrefix) && files.CheckElement(disk) == nil &&
		r.escapedBeside(disk):
		return disk, aFile, asIs
	}
	return "", nothing, 0
}

// The names of the driver's own files and folders begin with controlPrefix and end in
// sidecarExt.
const controlPrefix = ".cloudfiles"
