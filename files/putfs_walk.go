package files

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"cloudfiles.dev/files/internal/each"
)

// fsWalk stores a tree. It is like fs.WalkDir, but safe with file systems that list
// wrongly.
type fsWalk struct {
	ctx    context.Context
	bucket Bucket
	dir    string
	fsys   fs.FS
	filter func(path string, d fs.DirEntry) bool
	put    *PutOptions

	parallel int
	work     chan putFile
	workers  sync.WaitGroup
	started  int
	given    int // files, in the order of the walk
	broken   each.BrokenOff
	over     atomic.Bool // something failed: no further file is begun

	mu     sync.Mutex
	res    PutFSResult
	failed error
	first  int // which file failed
}

// putFile is a file that is to be stored.
type putFile struct {
	number     int
	path, name string
}

// run walks in this goroutine, and stores in others.
func (w *fsWalk) run() (PutFSResult, error) {
	w.work = make(chan putFile)
	err := func() error {
		defer w.workers.Wait() // also if the filter panics
		defer close(w.work)
		return w.root()
	}()
	w.broken.Resume()
	if w.failed != nil { // a file that comes before what ended the walk
		err = w.failed
	}
	return w.res, err
}

// give lets another goroutine store the file, if nothing has failed.
func (w *fsWalk) give(path, name string) error {
	f := putFile{w.given, path, name}
	w.given++
	if w.started < w.parallel {
		select {
		case w.work <- f:
			return nil
		default: // all that were started are busy
		}
		w.started++
		w.workers.Go(w.store)
	}
	w.work <- f
	if w.over.Load() {
		return errPutFSOver
	}
	return nil
}

// errPutFSOver ends the walk; it is not returned.
var errPutFSOver = errors.New("a file could not be stored")

// store stores files until there are none, or one fails.
func (w *fsWalk) store() {
	whole := false
	defer func() {
		if !whole {
			w.broken.By(recover())
			w.over.Store(true)
			for range w.work { // the walk must not wait
			}
		}
	}()
	for f := range w.work {
		w.mu.Lock()
		late := w.failed != nil && f.number > w.first
		w.mu.Unlock()
		if late { // what comes before the file that failed is still stored
			continue
		}
		n, err := putFromFS(w.ctx, w.bucket, f.name, w.fsys, f.path, w.put)
		w.mu.Lock()
		switch {
		case err == nil:
			w.res.Files++
			w.res.Bytes += n
		case w.failed == nil || f.number < w.first:
			w.failed, w.first = err, f.number
			w.over.Store(true)
		}
		w.mu.Unlock()
	}
	whole = true
}

func (w *fsWalk) fail(name string, err error) error { return newError(OpPut, name, err) }

// root stores the file system's root: a directory, or in a strange file system a file.
func (w *fsWalk) root() error {
	info, err := fs.Stat(w.fsys, ".")
	switch {
	case err != nil:
		return w.fail(w.dir, onDisk(err))
	case w.ctx.Err() != nil:
		return w.fail(w.dir, contextError(w.ctx))
	case info == nil:
		return w.fail(w.dir, invalid("the file system returned no information about its root"))
	case info.IsDir():
		return w.entries(".", w.dir)
	}
	return w.entry(".", w.dir, fs.FileInfoToDirEntry(info))
}

// entries stores what is in the directory at path, whose name in the bucket is name.
func (w *fsWalk) entries(path, name string) error {
	list, err := fs.ReadDir(w.fsys, path)
	if err != nil {
		return w.fail(name, onDisk(err))
	}
	if err := w.check(name, list); err != nil {
		return err
	}
	for _, e := range list {
		below := e.Name()
		if path != "." {
			below = path + "/" + below
		}
		err := w.entry(below, join(w.dir, below), e)
		if err != nil {
			return err
		}
	}
	return nil
}

// check refuses a listing with an entry that isn't one element, or that comes twice,
// before it follows any of them.
func (w *fsWalk) check(dir string, list []fs.DirEntry) error {
	names := make([]string, len(list))
	for i, e := range list {
		if e == nil {
			return w.fail(dir, errorf(ErrInvalidName, "the file system lists an entry that is nil"))
		}
		name := e.Name()
		if name == "" || name == "." || name == ".." || strings.Contains(name, "/") {
			return w.fail(join(dir, name),
				errorf(ErrInvalidName,
					"the file system lists an entry %q, which is not one element", name))
		}
		names[i] = name
	}
	slices.Sort(names)
	for i := 1; i < len(names); i++ {
		if names[i] == names[i-1] {
			return w.fail(join(dir, names[i]),
				errorf(ErrInvalidName, "the file system lists %q twice", names[i]))
		}
	}
	return nil
}

// entry stores one entry.
func (w *fsWalk) entry(path, name string, e fs.DirEntry) error {
	switch {
	case w.ctx.Err() != nil:
		return w.fail(name, contextError(w.ctx))
	case w.filter != nil && path != "." && !w.filter(path, e):
		return nil
	case e.IsDir():
		// A directory of the longest name has nothing below it: that bounds the depth.
		if err := CheckName(name + "/x"); err != nil {
			return w.fail(name, err)
		}
		return w.entries(path, name)
	case !e.Type().IsRegular(), isDownloadTemp(e.Name()):
		w.mu.Lock()
		w.res.Skipped++
		w.mu.Unlock()
		return nil
	}
	return w.give(path, name)
}
