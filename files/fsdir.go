package files

import (
	"errors"
	"io"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"sync"
)

// fsDir is an open directory of the io/fs view.
type fsDir struct {
	view *fsView
	name string

	mu     sync.Mutex
	closed bool
	done   bool   // the listing has ended, with or without err
	last   string // the last entry: a listing that failed continues after it
	err    error  // what ended it, until it was returned
	next   func() (Entry, error, bool)
	stop   func()
	shown  fsShown
	hidden fsHidden
	rest   []fs.DirEntry // of an unordered bucket: everything that is still to come
}

func newFSDir(v *fsView, name string) *fsDir { return &fsDir{view: v, name: name} }

func (d *fsDir) Stat() (fs.FileInfo, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, pathError("stat", d.name, newError(OpStat, d.name, ErrClosed))
	}
	return dirInfo(d.name), nil
}

func (d *fsDir) Read([]byte) (int, error) {
	return 0, pathError("read", d.name, newError(OpGet, d.name, errIsDir))
}

// Close ends the listing. Closing again is allowed.
func (d *fsDir) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed, d.rest = true, nil
	d.end(nil)
	return nil
}

// end ends the listing. The caller holds mu.
func (d *fsDir) end(err error) {
	if d.stop != nil {
		d.stop()
		d.next, d.stop = nil, nil
	}
	if !d.done {
		d.done, d.err = true, err
	}
}

// ReadDir reads the next n entries, or with n <= 0 all that are left, sorted by name.
// If it fails, it also returns what came before the error. At the end it returns io.EOF
// if n > 0.
func (d *fsDir) ReadDir(n int) ([]fs.DirEntry, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, pathError("readdir", d.name, newError(OpList, d.name, ErrClosed))
	}
	list := []fs.DirEntry{}
	// a file may come after the directory of its name: sorting takes all of them
	if n > 0 && !d.view.b.Features().Ordered {
		if d.rest == nil {
			d.rest = d.all()
		}
		k := min(n, len(d.rest))
		list, d.rest = slices.Clone(d.rest[:k]), d.rest[k:]
	} else if n > 0 {
		for len(list) < n {
			e, ok := d.entry()
			if !ok {
				break
			}
			list = append(list, listedInfo(e))
		}
	} else if list = d.rest; list == nil {
		list = d.all()
	} else {
		d.rest = []fs.DirEntry{}
	}
	err := d.err
	switch {
	case len(d.rest) > 0 || n > 0 && len(list) == n:
		return list, nil // the error comes with the next call
	case err != nil:
		d.retry()
		return list, pathError("readdir", d.name, err)
	case n > 0 && len(list) == 0:
		return nil, io.EOF
	}
	return list, nil
}

// retry lets the next call continue after what came, once an error was returned. What
// io/fs can't show is reported once. A bucket without an order can't continue after an
// entry, so its error stays. The caller holds mu.
func (d *fsDir) retry() {
	switch _, hidden := errors.AsType[hiddenDirs](d.err); {
	case hidden:
		d.err = nil
	case d.view.b.Features().Ordered:
		d.done, d.err, d.rest = false, nil, nil
	}
}

// all returns what is left, sorted, each name once.
func (d *fsDir) all() []fs.DirEntry {
	list := []fs.DirEntry{}
	for e, ok := d.entry(); ok; e, ok = d.entry() {
		list = append(list, listedInfo(e))
	}
	// A file sorts before the directory of its name.
	slices.SortStableFunc(list, func(a, b fs.DirEntry) int {
		if c := strings.Compare(a.Name(), b.Name()); c != 0 || a.IsDir() == b.IsDir() {
			return c
		}
		if b.IsDir() {
			return -1
		}
		return 1
	})
	list = slices.CompactFunc(list, func(a, b fs.DirEntry) bool {
		if a.Name() != b.Name() {
			return false
		}
		d.hidden.add(b.Name() + "/") // an unordered bucket had shown it before its file
		return true
	})
	if d.err == nil {
		d.err = d.hiddenError()
	}
	return list
}

// entry returns the next entry that the view shows.
func (d *fsDir) entry() (Entry, bool) {
	if d.done {
		return Entry{}, false
	}
	if d.next == nil {
		dir := d.name
		if dir == "." {
			dir = ""
		}
		d.next, d.stop = iter.Pull2(d.view.b.List(d.view.ctx, dir, &ListOptions{
			Shallow:    true,
			StartAfter: d.last,
		}))
	}
	for {
		e, err, ok := d.next()
		if !ok || err != nil {
			if err == nil {
				err = d.hiddenError()
			}
			d.end(err)
			return Entry{}, false
		}
		if err := d.checkEntry(e); err != nil {
			d.end(newError(OpList, d.name, err))
			return Entry{}, false
		}
		d.last = e.Name
		if d.shown.first(e) {
			return e, true
		}
		d.hidden.add(e.Name)
	}
}

// checkEntry refuses an entry that isn't directly in the directory: a walk of the view
// would follow it elsewhere, or without end.
func (d *fsDir) checkEntry(e Entry) error {
	name := e.Name
	if d.name != "." {
		name = strings.TrimPrefix(name, d.name+"/")
	}
	if e.IsDir {
		name = strings.TrimSuffix(name, "/")
	}
	if e.Key == "" && (d.name == "." || len(name) < len(e.Name)) && CheckElement(name) == nil {
		return nil
	}
	return errorf(ErrInvalidName, "the listing has %q, which is not directly in the directory",
		e.Name+e.Key)
}

// fsShown leaves out a directory whose name was shown as a file. In byte order there
// may be other names between "a" and "a/", but all of them begin with "a". So it keeps
// only the files that the last name begins with.
type fsShown struct{ files []string }

func (s *fsShown) first(e Entry) bool {
	for len(s.files) > 0 && !strings.HasPrefix(e.Name, s.files[len(s.files)-1]) {
		s.files = s.files[:len(s.files)-1]
	}
	if !e.IsDir {
		s.files = append(s.files, e.Name)
		return true
	}
	name := strings.TrimSuffix(e.Name, "/")
	return !slices.Contains(s.files, name)
}
