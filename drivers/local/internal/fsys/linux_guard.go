//go:build linux && !osroot

package fsys

import (
	"errors"
	"strconv"

	"golang.org/x/sys/unix"
)

// Guard takes a lease, for which nobody may have the file open for writing: so it is
// opened anew. Whoever then opens it for writing, or cuts it by its name, waits in the
// kernel until the lease ends. Of that, the process gets a signal, which is one that
// every program ignores.
func (f *file) Guard() error {
	if !f.reading {
		fd, err := f.again()
		if err != nil {
			return errors.ErrUnsupported
		}
		err = unix.Close(f.fd)
		f.fd, f.reading, f.shared = fd, true, err != nil
		unix.FcntlInt(uintptr(fd), unix.F_SETSIG, int(unix.SIGURG))
	}
	if f.shared {
		return errors.ErrUnsupported
	}
	_, err := unix.FcntlInt(uintptr(f.fd), unix.F_SETLEASE, unix.F_RDLCK)
	if err == nil || err == unix.EAGAIN {
		return err
	}
	return errors.ErrUnsupported
}

// again opens the file for reading: by the name that it was made under, which takes
// half the time, or, where that leads to another file or nowhere, by /proc.
func (f *file) again() (int, error) {
	const flags = unix.O_RDONLY | unix.O_NONBLOCK | unix.O_CLOEXEC | unix.O_NOFOLLOW
	if f.in != nil && f.ino != 0 {
		fd, err := openat(f.in.fd, f.name, flags, 0)
		if err == nil {
			if now, err := fstat(fd); err == nil && now.Dev == f.dev && now.Ino == f.ino {
				return fd, nil
			}
			unix.Close(fd)
		}
	}
	return unix.Open("/proc/self/fd/"+strconv.Itoa(f.fd), flags&^unix.O_NOFOLLOW, 0)
}

func (f *file) Guarded() bool {
	kind, err := unix.FcntlInt(uintptr(f.fd), unix.F_GETLEASE, 0)
	return err != nil || kind == unix.F_RDLCK
}

func (f *file) Unguard() { unix.FcntlInt(uintptr(f.fd), unix.F_SETLEASE, unix.F_UNLCK) }
