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

// The note about the disk (disk.go) may be removed or cut like all that lies in the
// control folder. A handle that has written goes on with what it knows. But a new one
// that only reads would miss a name that had to be escaped, and list it as somebody
// else's. So, if there are traces of a note, it tries the disk like a writer. If it may
// not write, it reads what it can.

// strictest are the habits by which the most names are escaped.
var strictest = rules{
	windows:  true,
	foldCase: true,
	ascii:    true,
	short:    255 - minLimit,
}

// knownPathsOf is place, which learns of the disk where the place depends on it.
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

// relearn finds out what the disk is like where a note about it is lost. Escaped names
// are looked for in the folder at path and above.
func (b *backend) relearn(ctx context.Context, path string) error {
	if b.disk.settled.Load() || !b.escapes(path) {
		return nil
	}
	return b.tryOut(ctx)
}

// errEscaped ends a listing that met an escaped name, deeper than where it was looked
// for, before it is known what the disk is like.
var errEscaped = errors.New("an escaped name, and what it stands for isn't known yet")

// tryOut finds out what the disk is like where that is possible.
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

// escapes reports whether a writer has been here: there is a control folder, or an
// escaped name in the folder at path or above it.
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
