//go:build linux && !osroot

package fsys

import (
	"errors"

	"golang.org/x/sys/unix"
)

func (d *dir) TryLock() error { return flock(d.fd, unix.LOCK_EX|unix.LOCK_NB) }
func (d *dir) Unlock() error  { return flock(d.fd, unix.LOCK_UN) }

func flock(fd, how int) error {
	_, err := retry(func() (int, error) { return 0, unix.Flock(fd, how) })
	switch err {
	case unix.EWOULDBLOCK:
		return ErrLocked
	case unix.EINVAL, unix.EBADF, unix.ENOSYS, unix.EOPNOTSUPP:
		return errors.ErrUnsupported
	}
	return err
}

// Claim takes a shared lock of the first byte, of a kind that is independent of flock.
func (d *dir) Claim() error {
	_, err := claim(d.fd, unix.F_OFD_SETLK, unix.F_RDLCK)
	return err
}

func (d *dir) Claimed() (bool, error) {
	kind, err := claim(d.fd, unix.F_OFD_GETLK, unix.F_WRLCK)
	return err == nil && kind != unix.F_UNLCK, err
}

func claim(fd, cmd int, kind int16) (int16, error) {
	lk := unix.Flock_t{Type: kind, Len: 1}
	_, err := retry(func() (int, error) { return 0, unix.FcntlFlock(uintptr(fd), cmd, &lk) })
	switch err {
	case unix.EINVAL, unix.EBADF, unix.ENOLCK, unix.ENOSYS, unix.EOPNOTSUPP:
		err = errors.ErrUnsupported
	}
	return lk.Type, err
}

func (d *dir) Volume() Volume {
	var st unix.Statfs_t
	if _, err := retry(func() (int, error) { return 0, unix.Fstatfs(d.fd, &st) }); err != nil {
		return Volume{}
	}
	at, err := fstat(d.fd)
	return volumeOf(uint32(st.Type), err == nil && unix.Major(at.Dev) != 0)
}
