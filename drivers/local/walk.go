package local

import (
	"context"
	"iter"
	"strings"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// walker lists a folder in the byte order of full names. It reads one folder at a time,
// sorts it as if folders ended in "/", and calls Lstat for its files shortly before
// they are yielded. While an entry is yielded, nothing is locked, and at most maxLevels
// of the folders on the path to it are open.
type walker struct {
	rules rules
	// version returns an entry's version, for the file called base in dir.
	version func(dir fsys.Dir, base string, st fsys.Stat) (files.Version, error)
	// pages remembers where listings ended. It may be nil.
	pages *pages
	// view distinguishes the names of this root in pages.
	view pageView
	// mountRoot reports that the root may contain a folder of the file system itself.
	mountRoot bool
	// unsure makes an escaped name end the listing with errEscaped. Another listing
	// then continues there, with before, what was unread so far.
	unsure bool
	before unread
}

// list yields the entries below the root. Errors are those of fsys, or name a folder
// that can't be read.
func (w *walker) list(ctx context.Context, root fsys.Dir,
	req driver.ListRequest) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		l := &listing{
			walker: w,
			ctx:    ctx,
			req:    req,
			yield:  yield,
			unread: w.before,
		}
		defer func() { w.before = l.unread }()
		list := l.names
		switch {
		case w.mountRoot && strings.HasPrefix(req.Prefix, lostFolder+"/") && isLost(root):
			return
		case req.Foreign:
			list = l.all
		}
		l.end(list(root, l.emit))
	}
}

// listing is the state that the walks of one listing share.
type listing struct {
	*walker
	ctx   context.Context
	req   driver.ListRequest
	yield func(files.Entry, error) bool
	count int
	unread
}

// names lists the names but no raw keys. It returns false if the caller has enough.
func (l *listing) names(root fsys.Dir, emit func(files.Entry) bool) (more bool, err error) {
	base := l.req.Dir()
	f, ok := l.filter(base, files.MaxName-len(base))
	if !ok || base != "" && files.CheckName(base[:len(base)-1]) != nil {
		return true, nil
	}
	w := l.walk(root, base, emit, maxLevels)
	defer w.release()
	return w.descend(l.rules.encodeDir(strings.TrimSuffix(base, "/")), f, nil)
}

// filter returns the filter for the directory, and false if nothing is wanted of it.
func (l *listing) filter(base string, room int) (f filter, ok bool) {
	f = filter{prefix: l.req.Prefix[len(base):], shallow: l.req.Shallow, room: room}
	switch after := l.req.StartAfter; {
	case strings.HasPrefix(after, base):
		f.after = after[len(base):]
	case after > base:
		return f, false
	}
	return f, true
}

// emit yields an entry. With the last entry that Limit allows, it yields the error of
// what could not be read before it.
func (l *listing) emit(e files.Entry) bool {
	if l.count++; l.count == l.req.Limit && l.first != nil {
		l.yield(e, l.err())
		return false
	}
	return l.yield(e, nil)
}

// end yields the error that ended the listing, or the error of what could not be read.
func (l *listing) end(more bool, err error) {
	if err == nil && more && l.first != nil {
		err = l.err()
	}
	if err != nil {
		l.yield(files.Entry{}, err)
	}
}

// walk is one of the listing's walks, of the names or of the raw keys.
type walk struct {
	*listing
	emit   func(files.Entry) bool
	levels levels
	buf    *[]byte       // for ReadDir
	path   []byte        // the folder's name with a slash at its end, or empty
	free   []*dirContent // to be reused
	steps  uint
	batch  batch
	pages  *pages
	kind   fsys.Kind // of the file system of the last folder
	device uint64    // the number of that file system
}

func (l *listing) walk(root fsys.Dir, base string, emit func(files.Entry) bool, most int) *walk {
	return &walk{
		listing: l,
		emit:    emit,
		levels:  levels{root: root, most: most},
		buf:     buffers.Get().(*[]byte),
		path:    []byte(base),
		pages:   l.pages,
		kind:    unknownKind,
	}
}

func (l *walk) release() { buffers.Put(l.buf) }

// filter says which names of a folder are wanted, relative to it.
type filter struct {
	prefix, after string
	past          string // no name up to this one is wanted, and no folder for what it contains
	shallow       bool
	room          int // how many bytes a name may have at most
}

// wants reports whether the element, with a slash at its end if it is a folder, is
// wanted or may contain a name that is.
func (f *filter) wants(text []byte, isDir bool) bool {
	n := len(text)
	switch {
	case n > f.room, n == f.room && isDir:
		return false
	case n < len(f.prefix), string(text[:len(f.prefix)]) != f.prefix:
		return false
	case f.past != "" && string(text) <= f.past:
		return false
	case string(text) > f.after:
		return true
	}
	return isDir && !f.shallow && n <= len(f.after) && f.after[:n] == string(text)
}

// descend opens a folder and yields what is wanted of it. It returns false if the
// caller has enough. A folder that no longer exists is empty (L4, L6). at is the
// folder's region in a walk of raw keys, and nil in a walk of names.
func (l *walk) descend(path string, want filter, at *region) (more bool, err error) {
	st, err := l.levels.enter(path)
	if err != nil {
		return true, l.mapDirError(err)
	}
	defer l.levels.leave()
	for first := true; ; first = false {
		f, err := l.load(st, &want, at, first)
		if err != nil {
			return false, err
		}
		more, err := l.items(f, want, at)
		if err == nil && (!more || at != nil && l.req.Limit > 0) {
			l.pages.keep(f)
		}
		last, cut := f.last(), f.cut
		l.reuse(f)
		if !more || err != nil || !cut {
			return more, err
		}
		want.past = last
		// The rest may have to be read, and the folder may already have been read to
		// its end.
		if err := l.levels.dir().Rewind(false); err != nil {
			return true, l.mapDirError(err)
		}
	}
}

// items yields the items that were read of a folder.
func (l *walk) items(f *dirContent, want filter, at *region) (more bool, err error) {
	length := len(l.path)
	for rest := f.items[f.start:]; len(rest) > 0; {
		n := 1
		if l.ended() {
			return false, driver.ContextError(l.ctx)
		}
		switch {
		case at != nil:
			more, err = l.foreignItem(f, rest[0], want, *at)
		case rest[0].isDir():
			l.path = append(l.path[:length], f.text(rest[0])...)
			more, err = l.enter(f, rest[0], want)
		default:
			n, more, err = l.emitFiles(f, rest)
		}
		l.path = l.path[:length]
		if !more || err != nil {
			return false, err
		}
		if l.levels.closed() && (len(rest) > n || f.cut) {
			if f.dir, f.replaced, err = l.levels.reopen(); err != nil {
				f.cut = false
				return true, l.mapDirError(err)
			}
		}
		rest = rest[n:]
	}
	return true, nil
}

// unknown reports whether it is not known yet what a name on disk stands for.
func (w *walker) unknown(disk string) bool { return w.unsure && strings.HasPrefix(disk, mark) }

// ended reports, at every 256th call, whether the context has ended.
func (l *walk) ended() bool {
	l.steps++
	return l.steps%256 == 0 && l.ctx.Err() != nil
}

// enter lists the folder whose name is in l.path, or yields it if the listing is shallow.
func (l *walk) enter(f *dirContent, it item, want filter) (more bool, err error) {
	text := string(f.text(it))
	path := l.rules.encodeDir(text[:len(text)-1])
	want.room -= len(text)
	if want.shallow {
		found, err := l.holdsFile(f.dir, path, want.room)
		if !found || err != nil {
			return err == nil, err
		}
		return l.emit(files.Entry{Name: string(l.path), IsDir: true}), nil
	}
	if l.skips() {
		return true, nil
	}
	want.prefix, want.past, want.after = "", "", below(want.after, text)
	return l.descend(path, want, nil)
}

// skips reports whether nothing is wanted of the folder whose name is in l.path.
func (l *walk) skips() bool { return l.req.SkipDir(string(l.path)) }

// below returns the part of StartAfter that is relative to the folder, or "".
func below(after, folder string) string {
	if rest, ok := strings.CutPrefix(after, folder); ok {
		return rest
	}
	return ""
}
