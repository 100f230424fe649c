package fsys

import (
	"errors"
	"syscall"

	"golang.org/x/sys/windows"
)

// isOne reports whether err is one of the errnos.
func isOne(err error, errnos ...syscall.Errno) bool {
	for _, e := range errnos {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// IsNotEmpty reports whether err is the error of an Rmdir of a directory that isn't
// empty.
func IsNotEmpty(err error) bool { return isOne(err, windows.ERROR_DIR_NOT_EMPTY) }

// IsCrossDevice reports whether err is the error of a Rename between two file systems.
func IsCrossDevice(err error) bool { return isOne(err, windows.ERROR_NOT_SAME_DEVICE) }

// IsDirectory reports whether err is the error of a Rename or an Unlink that failed
// because the name is a directory's.
func IsDirectory(err error) bool {
	return isOne(err, syscall.EISDIR, windows.ERROR_ALREADY_EXISTS)
}

// IsNotDirectory reports whether err means that a part of the path isn't a directory.
func IsNotDirectory(err error) bool {
	return errors.Is(err, ErrNotDir) || isOne(err, syscall.ENOTDIR, windows.ERROR_DIRECTORY)
}

// IsReadOnly reports whether err means that the file system is read-only.
func IsReadOnly(err error) bool { return isOne(err, windows.ERROR_WRITE_PROTECT) }

// IsTooLarge reports whether err means that a file would be larger than the file system
// or a limit allows.
func IsTooLarge(err error) bool { return isOne(err, windows.ERROR_FILE_TOO_LARGE) }

// IsExhausted reports whether err means that there are too many open files or locks, or
// too little memory.
func IsExhausted(err error) bool {
	return isOne(err, windows.ERROR_TOO_MANY_OPEN_FILES, windows.ERROR_NOT_ENOUGH_MEMORY)
}

// IsFull reports whether err means that a disk or a quota is full.
func IsFull(err error) bool {
	return isOne(err, windows.ERROR_DISK_FULL, windows.ERROR_HANDLE_DISK_FULL,
		windows.ERROR_DISK_QUOTA_EXCEEDED,
		windows.ERROR_TOO_MANY_LINKS)
}

// IsBusy reports whether err means that another process is using the file for a while.
func IsBusy(err error) bool {
	return isOne(err, windows.ERROR_SHARING_VIOLATION, windows.ERROR_LOCK_VIOLATION)
}

// IsStale reports whether err means that a server no longer has the directory or file.
func IsStale(error) bool { return false }

// IsDisconnected reports whether err means that the server behind the file system is
// gone.
func IsDisconnected(err error) bool {
	return isOne(err, windows.ERROR_BAD_NETPATH, windows.ERROR_NETNAME_DELETED)
}

// IsLost reports whether err means that the program or server behind the file system
// did not respond, so a call that was to change something may have changed it.
func IsLost(err error) bool {
	return IsDisconnected(err) || isOne(err, windows.ERROR_UNEXP_NET_ERR, windows.ERROR_SEM_TIMEOUT,
		windows.ERROR_NETWORK_UNREACHABLE, windows.ERROR_HOST_UNREACHABLE,
		windows.ERROR_CONNECTION_ABORTED, windows.ERROR_HOST_DOWN)
}

// IsFailing reports whether err means that a device or a server failed.
func IsFailing(err error) bool {
	return isOne(err, windows.ERROR_IO_DEVICE, windows.ERROR_ADAP_HDW_ERR,
		windows.ERROR_DEV_NOT_EXIST)
}

// IsNameTooLong reports whether err means that a name or path is too long for the file
// system.
func IsNameTooLong(err error) bool { return isOne(err, windows.ERROR_FILENAME_EXCED_RANGE) }
