//go:build unix

package fsys

import (
	"errors"
	"syscall"
)

// IsNotEmpty reports whether err is that of an Rmdir of a directory that isn't empty.
func IsNotEmpty(err error) bool {
	return errors.Is(err, syscall.ENOTEMPTY) || errors.Is(err, syscall.EEXIST)
}

// IsCrossDevice reports whether err is that of a Rename between two file systems.
func IsCrossDevice(err error) bool { return errors.Is(err, syscall.EXDEV) }

// IsDirectory reports whether err is that of a Rename or an Unlink where a directory is in the way.
func IsDirectory(err error) bool {
	return errors.Is(err, syscall.EISDIR) || errors.Is(err, syscall.EEXIST)
}

// IsNotDirectory reports whether err says that something on the way is no directory.
func IsNotDirectory(err error) bool {
	return errors.Is(err, ErrNotDir) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ELOOP)
}

// IsReadOnly reports whether err is that of a read-only file system.
func IsReadOnly(err error) bool { return errors.Is(err, syscall.EROFS) }

// IsTooLarge reports whether err is that of a file which outgrows the file system or a limit.
func IsTooLarge(err error) bool {
	return errors.Is(err, syscall.EFBIG) || errors.Is(err, syscall.EOVERFLOW)
}

// IsExhausted reports whether err is that of too many open files or locks, or of a lack of memory.
func IsExhausted(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOMEM) || errors.Is(err, syscall.ENOLCK)
}

// IsBusy reports whether err says that another process holds the file for a
// while: a lease that is being broken.
func IsBusy(err error) bool { return errors.Is(err, syscall.EAGAIN) }

// IsFull reports whether err is that of a disk or a quota that is used up.
func IsFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// IsStale reports whether err is that of a directory or a file that a server
// has no more.
func IsStale(err error) bool { return errors.Is(err, syscall.ESTALE) }

// IsDisconnected reports whether err says that the program or the server that holds the file
// system is gone.
func IsDisconnected(err error) bool {
	return errors.Is(err, syscall.ENOTCONN) || errors.Is(err, syscall.ESHUTDOWN)
}
