//go:build osroot

package fsys

import (
	"errors"
	"io"
	"syscall"

	"golang.org/x/sys/unix"
)

// The tag osroot builds the implementation for other systems on Linux, where it is
// tested, without extended attributes.

func (f *file) Getxattr(string, []byte) (int, error) { return 0, ErrNoXattr }
func (f *file) Setxattr(string, []byte) error        { return errors.ErrUnsupported }

func (f *file) TryLock(off int64) error { return f.lock(off, unix.F_WRLCK) }
func (f *file) Unlock(off int64) error  { return f.lock(off, unix.F_UNLCK) }

const (
	ofdSetLock = unix.F_OFD_SETLK
	ofdGetLock = unix.F_OFD_GETLK
)

func (f *file) lock(off int64, kind int16) error {
	lk := syscall.Flock_t{
		Type:   kind,
		Whence: io.SeekStart,
		Start:  off,
		Len:    1,
	}
	err := syscall.FcntlFlock(f.f.Fd(), ofdSetLock, &lk)
	if err == syscall.EAGAIN {
		return ErrLocked
	}
	return err
}

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
	return volumeOf(uint32(st.Type), true)
}

func changeTime(st *syscall.Stat_t, _ int64) int64 {
	return nanos(int64(st.Ctim.Sec), int64(st.Ctim.Nsec))
}
