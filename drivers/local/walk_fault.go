package local

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

// unread is what a listing could not read. One such folder or file does not spoil the
// rest: its error comes when all else is listed.
type unread struct {
	first  *files.Error
	others bool
}

// err returns the error that reports them.
func (u *unread) err() error {
	if !u.others {
		return u.first
	}
	e := *u.first
	e.Detail += "; and it is not the only one"
	return &e
}

// add remembers an error. It returns one that ends the listing at once: such that the
// rest would fail as well.
func (u *unread) add(err error, name, detail string) error {
	if gone(err) == nil {
		return nil
	}
	var errno syscall.Errno
	switch {
	case errors.Is(err, fs.ErrPermission):
	case !errors.As(err, &errno), fsys.IsExhausted(err), errno == syscall.ENOTCONN,
		errno == syscall.ECONNABORTED: // which the next call would answer with ENOTCONN
		return err
	}
	if u.first != nil {
		u.others = u.others || u.first.Name != name
		return nil
	}
	kind := files.KindOf(mapError(err))
	if kind == nil {
		kind = files.ErrUnavailable
	}
	u.first, _ = files.NewError(files.OpList, name,
		files.WithCause(kind, err, detail)).(*files.Error)
	return nil
}

const (
	folderUnreadable = "the folder cannot be read"
	fileUnreadable   = "the file cannot be looked at"
)

// mapDirError remembers that the folder whose path l.path has can't be read, or what is
// in it.
func (l *walk) mapDirError(err error) error {
	return l.add(err, strings.TrimSuffix(string(l.path), "/"), folderUnreadable)
}

// mapFileError remembers that a file can't be looked at. If permission is refused, it is
// the folder that refuses it.
func (l *walk) mapFileError(err error, name string) error {
	if errors.Is(err, fs.ErrPermission) {
		return l.add(err, name[:max(strings.LastIndexByte(name, '/'), 0)], folderUnreadable)
	}
	return l.add(err, name, fileUnreadable)
}
