//go:build unix

package fsys

import (
	"errors"
	"syscall"
)

// IsNotEmpty reports whether err is the error of an Rmdir of a directory that isn't
// empty.
func IsNotEmpty(err error) bool {
	return errors.Is(err, syscall.ENOTEMPTY) || errors.Is(err, syscall.EEXIST)
}

// IsCrossDevice reports whether err is the error of a Rename between two file systems.
func IsCrossDevice(err error) bool { return errors.Is(err, syscall.EXDEV) }

// IsDirectory reports whether err is the error of a Rename or an Unlink that failed
// because the name is a directory's.
func IsDirectory(err error) bool {
	return errors.Is(err, syscall.EISDIR) || errors.Is(err, syscall.EEXIST)
}

// IsNotDirectory reports whether err means that a part of the path isn't a directory.
func IsNotDirectory(err error) bool {
	return errors.Is(err,
		ErrNotDir) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ELOOP)
}

// IsReadOnly reports whether err means that the file system is read-only.
func IsReadOnly(err error) bool { return errors.Is(err, syscall.EROFS) }

// IsTooLarge reports whether err means that a file would be larger than the file system
// or a limit allows.
func IsTooLarge(err error) bool {
	return errors.Is(err, syscall.EFBIG) || errors.Is(err, syscall.EOVERFLOW)
}

// IsExhausted reports whether err means that there are too many open files or locks, or
// too little memory.
func IsExhausted(err error) bool {
	return isOne(err, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.ENOLCK)
}

// IsFull reports whether err means that a disk, a quota or a directory is full.
func IsFull(err error) bool {
	return isOne(err, syscall.ENOSPC, syscall.EDQUOT, syscall.EMLINK)
}

// IsNameTooLong reports whether err means that a name or path is too long for the file
// system.
func IsNameTooLong(err error) bool { return errors.Is(err, syscall.ENAMETOOLONG) }

// isOne reports whether err is one of the errnos.
func isOne(err error, errnos ...syscall.Errno) bool {
	for _, e := range errnos {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// IsBusy reports whether err means that another process is using the file for a while,
// such as a lease that is being broken.
func IsBusy(err error) bool { return errors.Is(err, syscall.EAGAIN) }

// IsStale reports whether err means that a server no longer has the directory or file.
func IsStale(err error) bool { return errors.Is(err, syscall.ESTALE) }

// IsFailing reports whether err means that a device or a server failed.
func IsFailing(err error) bool { return errors.Is(err, syscall.EIO) }

// IsDisconnected reports whether err means that the program or server behind the file
// system is gone.
func IsDisconnected(err error) bool {
	return errors.Is(err, syscall.ENOTCONN) || errors.Is(err, syscall.ESHUTDOWN)
}

// IsLost reports whether err means that the program or server behind the file system
// did not respond, so a call that was to change something may have changed it. ENOTCONN
// counts too, although a FUSE file system returns it if its program died before the
// call, because a program may also return it itself.
func IsLost(err error) bool {
	return IsDisconnected(err) || isOne(err, syscall.ECONNABORTED, syscall.ECONNRESET,
		syscall.ENETRESET, syscall.ENETDOWN, syscall.ENETUNREACH, syscall.EHOSTDOWN,
		syscall.EHOSTUNREACH, syscall.ETIMEDOUT, syscall.EPIPE) || isRemoteIO(err)
}
