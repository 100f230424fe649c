package resume

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"cloudfiles.dev/files"
)

// targetError is an error of the disk.
type targetError struct {
	err  error
	last bool // everything had been fetched
}

func (t targetError) Error() string { return t.err.Error() }
func (t targetError) Unwrap() error { return t.err }

// as returns the caller's error. It drops the sentinels of the disk's error, because
// they would refer to the bucket's file.
func (t targetError) as(name string) error {
	kind := files.ErrInvalid
	switch {
	case errors.Is(t.err, syscall.ENOSPC):
		kind = files.ErrTooLarge
	case errors.Is(t.err, fs.ErrPermission):
		kind = files.ErrPermission
	}
	var p *fs.PathError
	var l *os.LinkError
	why := t.err
	if errors.As(why, &p) {
		why = p.Err
	} else if errors.As(why, &l) {
		why = l.Err
	}
	return &files.Error{
		Op:     files.OpGet,
		Name:   name,
		Kind:   kind,
		Detail: "the target: " + why.Error(),
		Err:    why,
	}
}
