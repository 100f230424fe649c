package local

import (
	"errors"
	"io/fs"
	"syscall"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

func isNotExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// missing reports whether err says that there is no file at the place: nothing, or something that is no file (N5).
func missing(err error) bool {
	return isNotExist(err) || errors.Is(err, fsys.ErrNotFile) || fsys.IsNotDirectory(err)
}

// fault is an unexpected error of the system as the caller sees it. What is missing then is the driver's own, and must not
// look like the caller's missing file. Other errors pass as they are.
func fault(err error) error {
	errno, ok := err.(syscall.Errno)
	switch {
	case !ok:
		return err
	case fsys.IsDisconnected(err):
		return files.WithCause(files.ErrNoBucket, err, "the program or server that holds the file system is gone")
	case errors.Is(err, fs.ErrPermission):
		return files.WithCause(files.ErrPermission, err, errno.Error())
	case fsys.IsReadOnly(err):
		return files.WithCause(files.ErrPermission, err, "the file system is read-only")
	case fsys.IsTooLarge(err):
		return files.WithCause(files.ErrTooLarge, err, "larger than the file system or a limit allows")
	case fsys.IsBusy(err):
		return files.WithCause(files.ErrUnavailable, err, "another process holds the file")
	case fsys.IsExhausted(err):
		return files.WithCause(files.ErrUnavailable, err, errno.Error())
	case isNotExist(err):
		return files.WithCause(files.ErrUnavailable, err, "something vanished from the folder meanwhile")
	}
	return err
}
