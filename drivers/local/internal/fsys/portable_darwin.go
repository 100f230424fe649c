package fsys

import (
	"errors"
	"io"
	"syscall"

	"golang.org/x/sys/unix"
)

func (f *file) Getxattr(name string, buf []byte) (int, error) {
	n, err := unix.Fgetxattr(int(f.f.Fd()), name, buf)
	if err == unix.ENOATTR || err == unix.ENOTSUP || err == unix.EPERM {
		return 0, ErrNoXattr
	}
	return max(n, 0), err
}

func (f *file) Setxattr(name string, value []byte) error {
	err := unix.Fsetxattr(int(f.f.Fd()), name, value, 0)
	if err == unix.ENOTSUP || err == unix.EPERM {
		return errors.ErrUnsupported
	}
	return err
}

// ofdSetLock is F_OFD_SETLK of the system's fcntl.h, which package unix doesn't have.
const ofdSetLock = 90

func (f *file) TryLock(off int64) error { return f.lock(off, unix.F_WRLCK) }
func (f *file) Unlock(off int64) error  { return f.lock(off, unix.F_UNLCK) }

func (f *file) lock(off int64, kind int16) error {
	lk := syscall.Flock_t{Type: kind, Whence: io.SeekStart, Start: off, Len: 1}
	switch err := syscall.FcntlFlock(f.f.Fd(), ofdSetLock, &lk); err {
	case syscall.EAGAIN, syscall.EACCES:
		return ErrLocked
	case syscall.EINVAL, syscall.ENOTSUP, syscall.ENOLCK:
		return errors.ErrUnsupported
	default:
		return err
	}
}
