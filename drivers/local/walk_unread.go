package local

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// unread is what a listing could not read. One such folder or file does not end the
// listing: its error comes after everything else is listed.
type unread struct {
	first  *files.Error
	others bool
}

// err returns the error for them all.
func (u *unread) err() error {
	if !u.others {
		return u.first
	}
	e := *u.first
	e.Detail += "; and it is not the only one"
	return &e
}

// add keeps an error. It returns an error that ends the listing at once, because the
// rest would fail as well.
func (u *unread) add(err error, name, detail string) error {
	if gone(err) == nil {
		return nil
	}
	var errno syscall.Errno
	switch {
	case errors.Is(err, fs.ErrPermission):
	case !errors.As(err, &errno), fsys.IsExhausted(err), errno == syscall.ENOTCONN,
		errno == syscall.ECONNABORTED: // after which the next call would fail with ENOTCONN
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
	u.first, _ = driver.NewError(files.OpList, name,
		driver.WithCause(kind, err, detail)).(*files.Error)
	return nil
}

const (
	folderUnreadable = "the folder can't be read"
	fileUnreadable   = "the file's size and time can't be read"
)

// mapDirError keeps the error of the folder at l.path, or of what it contains.
func (l *walk) mapDirError(err error) error {
	return l.add(err, strings.TrimSuffix(string(l.path), "/"), folderUnreadable)
}

// mapFileError keeps the error of a file. If permission is refused, the folder is the
// cause.
func (l *walk) mapFileError(err error, name string) error {
	if errors.Is(err, fs.ErrPermission) {
		return l.add(err, name[:max(strings.LastIndexByte(name, '/'), 0)], folderUnreadable)
	}
	return l.add(err, name, fileUnreadable)
}
