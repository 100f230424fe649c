package local

import (
	"errors"
	"io"
	"io/fs"
	"syscall"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

func isNotExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// missing reports whether err means that there is no file at the path: nothing, or
// something that isn't a file (N5).
func missing(err error) bool {
	return err != nil && (isNotExist(err) || errors.Is(err,
		fsys.ErrNotFile) || fsys.IsNotDirectory(err) ||
		// before the first write to a disk that holds only short names
		errors.Is(err, syscall.ENAMETOOLONG))
}

// isDenied reports whether err means that a permission is missing.
func isDenied(err error) bool { return errors.Is(err, fs.ErrPermission) }

// mapError returns the caller's error for an unexpected error of the system: each has a
// sentinel (E2). A file of the driver that is missing, or that exists, must not be
// reported as the caller's file. Errors that aren't the system's are returned
// unchanged.
func mapError(err error) error {
	if err == nil {
		return nil
	}
	switch err {
	case fsys.ErrNotFile, fsys.ErrNotDir:
		return driver.WithCause(files.ErrUnavailable, err,
			"a file or folder was replaced by something else meanwhile")
	case fsys.ErrLocked:
		return driver.WithCause(files.ErrUnavailable, err, "another process holds a lock")
	case io.ErrShortWrite, io.ErrUnexpectedEOF:
		return driver.WithCause(files.ErrUnavailable, err, err.Error())
	}
	errno, ok := err.(syscall.Errno)
	if !ok {
		return err
	}
	kind, text := files.ErrUnavailable, errno.Error()
	switch {
	case isDenied(err):
		kind = files.ErrPermission
	case fsys.IsReadOnly(err):
		kind, text = files.ErrPermission, "the file system is read-only"
	case fsys.IsTooLarge(err):
		kind, text = files.ErrTooLarge, "larger than the file system or a limit allows"
	case fsys.IsFull(err):
		kind = files.ErrTooLarge
	case fsys.IsDisconnected(err):
		kind, text = files.ErrNoBucket, "the file system's server is gone: "+text
	case fsys.IsLost(err):
		text = "the file system's server does not respond: " + text
	case fsys.IsNameTooLong(err):
		kind, text = files.ErrInvalidName, "the name or path is too long for the file system"
	case errors.Is(err, errors.ErrUnsupported):
		kind = errors.ErrUnsupported
	case fsys.IsBusy(err):
		text = "another process is using the file"
	case isNotExist(err):
		text = "a file or folder of the driver was removed meanwhile"
	case isExist(err):
		text = "another process made a file or folder of the same name meanwhile"
	}
	return driver.WithCause(kind, err, text)
}

// mapCommitError maps the error of the call that was to make the change. If the program
// or server behind the file system didn't respond, such as a FUSE program that died
// meanwhile, it is unknown whether the change was made (P2). The same holds for EIO,
// except on a disk of this machine, whose file system reports the calls that it didn't
// carry out.
func (b *backend) mapCommitError(err error) error {
	if fsys.IsLost(err) || fsys.IsFailing(err) && !b.volume.Local {
		return driver.WithCause(files.ErrUncertain, err,
			"the file system's server did not respond to the change: "+err.Error())
	}
	return mapError(err)
}
