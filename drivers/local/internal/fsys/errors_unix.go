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

// IsDirectory reports whether err is that of a Rename or an Unlink where a directory is
// in the way.
func IsDirectory(err error) bool {
	return errors.Is(err, syscall.EISDIR) || errors.Is(err, syscall.EEXIST)
}

// IsNotDirectory reports whether err says that something on the way isn't a directory.
func IsNotDirectory(err error) bool {
	return errors.Is(err,
		ErrNotDir) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ELOOP)
}

// IsReadOnly reports whether err is that of a read-only file system.
func IsReadOnly(err error) bool { return errors.Is(err, syscall.EROFS) }

// IsTooLarge reports whether err is that of a file which outgrows the file system or a
// limit.
func IsTooLarge(err error) bool {
	return errors.Is(err, syscall.EFBIG) || errors.Is(err, syscall.EOVERFLOW)
}

// IsExhausted reports whether err is that of too many open files or locks, or of a lack
// of memory.
func IsExhausted(err error) bool {
	return isOne(err, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.ENOLCK)
}

// IsFull reports whether err is that of a full disk or quota, or of a directory that
// takes no more.
func IsFull(err error) bool {
	return isOne(err, syscall.ENOSPC, syscall.EDQUOT, syscall.EMLINK)
}

// IsNameTooLong reports whether err is that of a name or path which is too long for the
// file system.
func IsNameTooLong(err error) bool { return errors.Is(err, syscall.ENAMETOOLONG) }

// isOne reports whether err is one of these.
func isOne(err error, errnos ...syscall.Errno) bool {
	for _, e := range errnos {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// IsBusy reports whether err says that another process holds the file for a
// while: a lease that is being broken.
func IsBusy(err error) bool { return errors.Is(err, syscall.EAGAIN) }

// IsStale reports whether err is that of a directory or a file that a server
// has no more.
func IsStale(err error) bool { return errors.Is(err, syscall.ESTALE) }

// IsFailing reports whether err is that of a device that failed, or of a server.
func IsFailing(err error) bool { return errors.Is(err, syscall.EIO) }

// IsDisconnected reports whether err says that the program or the server that holds the
// file system is gone.
func IsDisconnected(err error) bool {
	return errors.Is(err, syscall.ENOTCONN) || errors.Is(err, syscall.ESHUTDOWN)
}

// IsLost reports whether err says that the program or server behind the file system
// gave no answer: a call that was to change something may have changed it. ENOTCONN of
// a FUSE file system whose program died before is among them, since a program may
// answer it as well.
func IsLost(err error) bool {
	return IsDisconnected(err) || isOne(err, syscall.ECONNABORTED, syscall.ECONNRESET,
		syscall.ENETRESET, syscall.ENETDOWN, syscall.ENETUNREACH, syscall.EHOSTDOWN,
		syscall.EHOSTUNREACH, syscall.ETIMEDOUT, syscall.EPIPE) || isRemoteFault(err)
}
