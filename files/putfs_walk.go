package files

import (
	"context"
	"io/fs"
	"slices"
	"strings"
)

// fsWalk stores a tree. It is like fs.WalkDir, but safe with file systems that lie.
type fsWalk struct {
	ctx    context.Context
	bucket Bucket
	dir    string
	fsys   fs.FS
	filter func(path string, d fs.DirEntry) bool
	put    *PutOptions
	res    PutFSResult
}

func (w *fsWalk) fail(name string, err error) error { return NewError(OpPut, name, err) }

// root stores the file system's root: a directory, or in a strange file system a file.
func (w *fsWalk) root() error {
	info, err := fs.Stat(w.fsys, ".")
	switch {
	case err != nil:
		return w.fail(w.dir, onDisk(err))
	case w.ctx.Err() != nil:
		return w.fail(w.dir, contextError(w.ctx))
	case info == nil:
		return w.fail(w.dir, invalid("the file system tells nothing of its root"))
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
			return w.fail(dir, Errorf(ErrInvalidName, "the file system lists an entry that is nil"))
		}
		name := e.Name()
		if name == "" || name == "." || name == ".." || strings.Contains(name, "/") {
			return w.fail(join(dir, name),
				Errorf(ErrInvalidName,
					"the file system lists an entry %q, which is not one element", name))
		}
		names[i] = name
	}
	slices.Sort(names)
	for i := 1; i < len(names); i++ {
		if names[i] == names[i-1] {
			return w.fail(join(dir, names[i]),
				Errorf(ErrInvalidName, "the file system lists %q twice", names[i]))
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
		w.res.Skipped++
		return nil
	}
	n, err := putFromFS(w.ctx, w.bucket, name, w.fsys, path, w.put)
	if err == nil {
		w.res.Files++
		w.res.Bytes += n
	}
	return err
}
