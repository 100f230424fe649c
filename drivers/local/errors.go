package local

import (
	"errors"
	"io"
	"io/fs"
	"syscall"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

func isNotExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// missing reports whether err says that there is no file at the place: nothing, or
// something that isn't a file (N5).
func missing(err error) bool {
	return err != nil && (isNotExist(err) || errors.Is(err,
		fsys.ErrNotFile) || fsys.IsNotDirectory(err) ||
		// on a disk of short names that nobody has written to yet
		errors.Is(err, syscall.ENAMETOOLONG))
}

// isDenied reports whether err is that of a missing right.
func isDenied(err error) bool { return errors.Is(err, fs.ErrPermission) }

// mapError is an unexpected error of the system as the caller sees it: each has a
// sentinel (E2). What is missing then, or there, is the driver's own, and must not look
// like the caller's file. Errors that aren't the system's pass as they are.
func mapError(err error) error {
	if err == nil {
		return nil
	}
	switch err {
	case fsys.ErrNotFile, fsys.ErrNotDir:
		return files.WithCause(files.ErrUnavailable, err,
			"something else took a place in the folder meanwhile")
	case fsys.ErrLocked:
		return files.WithCause(files.ErrUnavailable, err, "another process holds a lock")
	case io.ErrShortWrite, io.ErrUnexpectedEOF:
		return files.WithCause(files.ErrUnavailable, err, err.Error())
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
		text = "the file system's server gives no answer: " + text
	case fsys.IsNameTooLong(err):
		kind, text = files.ErrInvalidName, "the file system holds no name or path of that length"
	case errors.Is(err, errors.ErrUnsupported):
		kind = errors.ErrUnsupported
	case fsys.IsBusy(err):
		text = "another process holds the file"
	case isNotExist(err):
		text = "something vanished from the folder meanwhile"
	case isExist(err):
		text = "something appeared in the folder meanwhile"
	}
	return files.WithCause(kind, err, text)
}

// mapCommitError is the fault of the call that was to make the change. If the program or
// server behind the file system gave no answer, such as a FUSE program that died
// meanwhile, nobody knows whether the change was made (P2). The same holds for EIO,
// except on a disk of this machine, whose file system reports the calls that it didn't
// carry out.
func (b *backend) mapCommitError(err error) error {
	if fsys.IsLost(err) || fsys.IsFailing(err) && !b.volume.Local {
		return files.WithCause(files.ErrUncertain, err,
			"the file system's server gave no answer to the change: "+err.Error())
	}
	return mapError(err)
}
