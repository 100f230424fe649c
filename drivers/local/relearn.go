package local

import (
	"context"
	"errors"
	"slices"
	"strings"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// The note about the disk (disk.go) may be removed or damaged, like everything in the
// control folder. A handle that has written continues with what it knows. But a new
// handle that only reads would not find a name that had to be escaped, and would list
// it as foreign. So, if there are traces of a note, it tries out the disk as a writer
// does. If it may not write, it reads what it can.

// strictest are the rules that escape the most names.
var strictest = rules{
	windows:  true,
	foldCase: true,
	ascii:    true,
	short:    255 - minLimit,
}

// knownPathsOf is pathsOf, and first tries out the disk if the paths depend on it.
func (b *backend) knownPathsOf(ctx context.Context, key driver.Key) (filePaths, error) {
	p, err := b.pathsOf(key)
	if err != nil || key.Raw || b.disk.settled.Load() {
		return p, err
	}
	if dir, base := strictest.encode(key.Name); dir == p.dir && base == p.base {
		return p, nil
	}
	if err := b.relearn(ctx, p.dir); err != nil {
		return p, err
	}
	return b.pathsOf(key)
}

// relearn tries out the disk if a note about it is lost. It searches for escaped names
// in the folder at path and its parents.
func (b *backend) relearn(ctx context.Context, path string) error {
	if b.disk.settled.Load() || !b.escapes(path) {
		return nil
	}
	return b.tryOut(ctx)
}

// errEscaped ends a listing that finds an escaped name before the disk was tried out,
// in a folder below those in which relearn searched.
var errEscaped = errors.New("an escaped name before the disk was tried out")

// tryOut tries out the disk if that is possible.
func (b *backend) tryOut(ctx context.Context) error {
	s, err := b.begin(ctx, nil)
	switch {
	case err == nil:
		s.release()
	case fsys.IsReadOnly(err), errors.Is(err,
		files.ErrPermission), errors.Is(err, files.ErrTooLarge):
		return nil
	}
	return err
}

// escapes reports whether there are traces of a writer: a control folder, or an escaped
// name in the folder at path or its parents.
func (b *backend) escapes(path string) bool {
	if _, err := b.root.Lstat(controlDir); err == nil {
		return true
	}
	for {
		if d, err := b.root.OpenDir(path); err == nil {
			names, _ := list(d)
			d.Close()
			if slices.ContainsFunc(names, func(n string) bool {
				return strings.HasPrefix(n, mark)
			}) {
				return true
			}
		}
		if path == "" {
			return false
		}
		path = path[:max(strings.LastIndexByte(path, '/'), 0)]
	}
}
