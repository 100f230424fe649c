package iofs

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// walk lists the paths of a file system from start on that begin with prefix, in byte
// order.
type walk struct {
	source        *source
	ctx           context.Context
	start, prefix string
	namesOnly     bool
	skip          func(dir string) bool
	yield         func(files.Entry, error) bool
	failed        error // of the first directory or file that can't be read
	inside        []fs.FileInfo
}

// root walks everything. It returns false if the caller has stopped.
func (w *walk) root() bool {
	fi, err := w.source.lstat(".")
	if errors.Is(err, fs.ErrNotExist) {
		err = driver.WithCause(files.ErrNoBucket, err, "the folder is missing")
	}
	if err != nil {
		return w.yield(files.Entry{}, cleaned(err))
	}
	return w.dir(".", "", fi)
}

// dir walks a directory; below is its path with a slash, or "".
func (w *walk) dir(path, below string, fi fs.FileInfo) bool {
	if w.ctx.Err() != nil {
		return w.yield(files.Entry{}, driver.ContextError(w.ctx))
	}
	entries, err := fs.ReadDir(w.source.fsys, path)
	if err != nil && (path == "." || !errors.Is(err, fs.ErrNotExist)) { // or it vanished meanwhile
		w.fail(path, err)
	}
	w.inside = append(w.inside, fi)
	defer func() { w.inside = w.inside[:len(w.inside)-1] }()
	items := make([]item, 0, len(entries))
	for _, e := range entries {
		if e != nil {
			items = append(items, w.itemOf(below, e))
		}
	}
	slices.SortFunc(items, func(a, b item) int { return strings.Compare(a.key, b.key) })
	for i, it := range items {
		if i > 0 && it.key == items[i-1].key {
			w.fail(it.path, driver.Errorf(files.ErrUnavailable,
				"the directory lists the name twice"))
			continue
		}
		if !w.visit(it) {
			return false
		}
	}
	return true
}

// item is an entry. Its key is the path, and for a directory ends in a slash.
type item struct {
	path, key string
	info      fs.FileInfo // nil if it isn't known yet
	entry     fs.DirEntry
	dir       bool
}

func (w *walk) itemOf(below string, e fs.DirEntry) item {
	it := item{path: below + e.Name(), entry: e, dir: e.IsDir()}
	if w.source.opts.FollowLinks && e.Type()&fs.ModeSymlink != 0 && fs.ValidPath(it.path) {
		if fi, err := fs.Stat(w.source.fsys, it.path); err == nil {
			it.info, it.dir = fi, fi.IsDir() && !w.loops(fi)
		}
	}
	it.key = it.path
	if it.dir {
		it.key += "/"
	}
	return it
}

// loops reports whether a link leads to a directory that contains it.
func (w *walk) loops(fi fs.FileInfo) bool {
	return slices.ContainsFunc(w.inside, func(d fs.FileInfo) bool { return os.SameFile(d, fi) })
}

func (w *walk) visit(it item) bool {
	if it.dir {
		leads := strings.HasPrefix(it.key, w.prefix) || strings.HasPrefix(w.prefix, it.key)
		over := it.key < w.start && !strings.HasPrefix(w.start, it.key)
		if !leads || over || !w.legal(it.path) {
			return !leads || over || w.foreign(it)
		}
		if w.skip != nil && strings.HasPrefix(it.key, w.prefix) && w.skip(it.key) {
			return true
		}
		fi := it.info
		if fi == nil {
			var err error
			if fi, err = it.entry.Info(); err != nil {
				w.fail(it.path, err)
				return true
			}
		}
		return w.dir(it.path, it.key, fi)
	}
	if it.key < w.start || !strings.HasPrefix(it.key, w.prefix) {
		return true
	}
	fi, err := it.info, error(nil)
	if fi == nil {
		fi, err = it.entry.Info()
	}
	switch {
	case errors.Is(err, fs.ErrNotExist): // it vanished meanwhile
		return true
	case err != nil:
		w.fail(it.path, err)
		return true
	case !fi.Mode().IsRegular() || !w.legal(it.path):
		return w.foreign(it)
	}
	info := w.source.info(it.path, fi)
	if !w.namesOnly {
		if err := w.source.version(w.ctx, &info); err != nil {
			if w.ctx.Err() != nil {
				return w.yield(files.Entry{}, driver.ContextError(w.ctx))
			}
			w.fail(it.path, err)
			return true
		}
	}
	return w.yield(info.Entry, nil)
}

func (w *walk) legal(path string) bool { return files.CheckName(path) == nil }

// foreign yields an entry that is not a file, or whose path is not a name.
func (w *walk) foreign(it item) bool { return w.yield(files.Entry{Key: it.path}, nil) }

// fail records the first entry that can't be read, which the listing reports at its end
// (L9).
func (w *walk) fail(path string, err error) {
	if w.failed == nil {
		w.failed = driver.NewError(files.OpList, path, cleaned(err))
	}
}
