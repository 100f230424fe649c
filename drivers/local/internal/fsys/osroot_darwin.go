package fsys

import (
	"errors"
	"io"
	"syscall"

	"golang.org/x/sys/unix"
)

func (f *file) Getxattr(name string, buf []byte) (int, error) {
	n, err := unix.Fgetxattr(int(f.f.Fd()), name, buf)
	switch err {
	case unix.ENOATTR, unix.ENOTSUP, unix.EPERM, unix.EACCES, unix.EINVAL:
		return 0, ErrNoXattr
	}
	return max(n, 0), err
}

func (f *file) Setxattr(name string, value []byte) error {
	err := unix.Fsetxattr(int(f.f.Fd()), name, value, 0)
	switch err {
	case unix.ENOTSUP:
		return errors.ErrUnsupported
	case unix.EPERM, unix.EACCES, unix.E2BIG, unix.ENOSPC, unix.EDQUOT, unix.EFBIG, unix.ERANGE,
		unix.EINVAL, unix.EIO:
		return ErrNoXattr
	}
	return err
}

// F_OFD_SETLK and F_OFD_GETLK of the system's fcntl.h, which package unix lacks.
const (
	ofdSetLock = 90
	ofdGetLock = 92
)

func (f *file) TryLock(off int64) error { return f.lock(off, unix.F_WRLCK) }
func (f *file) Unlock(off int64) error  { return f.lock(off, unix.F_UNLCK) }

func (f *file) lock(off int64, kind int16) error {
	lk := syscall.Flock_t{
		Type:   kind,
		Whence: io.SeekStart,
		Start:  off,
		Len:    1,
	}
	switch err := syscall.FcntlFlock(f.f.Fd(), ofdSetLock, &lk); err {
	case syscall.EAGAIN:
		return ErrLocked
	case syscall.EINVAL, syscall.ENOTSUP, syscall.ENOLCK:
		return errors.ErrUnsupported
	default:
		return err
	}
}

// Volume identifies the file system by its type's name.
func (d *dir) Volume() Volume {
	f, err := d.root.Open(d.path)
	if err != nil {
		return Volume{}
	}
	defer f.Close()
	var st unix.Statfs_t
	if control(f, func(fd int) error { return unix.Fstatfs(fd, &st) }) != nil {
		return Volume{}
	}
	switch unix.ByteSliceToString(st.Fstypename[:]) {
	case "apfs", "hfs", "msdos", "exfat":
		return Volume{Local: true}
	case "smbfs":
		return Volume{SMB: true}
	}
	return Volume{}
}

func changeTime(st *syscall.Stat_t, _ int64) int64 {
	return nanos(st.Ctimespec.Sec, st.Ctimespec.Nsec)
}
