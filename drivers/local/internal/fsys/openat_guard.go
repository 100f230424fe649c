//go:build linux && !osroot

package fsys

import (
	"errors"
	"strconv"

	"golang.org/x/sys/unix"
)

// Guard takes a lease. A lease is refused while the file is open for writing, so Guard
// opens it again for reading. Whoever then opens the file for writing, or truncates it
// by its name, waits in the kernel until the lease ends. The kernel signals that to
// this process, by a signal that every Go program ignores.
func (f *file) Guard(numbered bool) (Stat, error) {
	of, byName := *f, false
	if !f.reading {
		fd, named, err := f.again(numbered)
		if err != nil {
			return Stat{}, errors.ErrUnsupported
		}
		err = unix.Close(f.fd)
		f.fd, f.reading, f.shared = fd, true, err != nil
		byName = named && numbered
		unix.RawSyscall(unix.SYS_FCNTL, uintptr(fd), unix.F_SETSIG, uintptr(unix.SIGURG))
	}
	refused := errors.ErrUnsupported
	if !f.shared {
		refused = control(f.fd, unix.F_SETLEASE, unix.F_RDLCK)
	}
	st, err := f.Stat()
	switch {
	case byName && (err == ErrNotFile || err == nil && (st.Dev != of.dev || st.Ino != of.ino)):
		return st, ErrReplaced
	case byName && err != nil:
		return st, err // it is unknown which file it is
	case refused == unix.EAGAIN:
		return st, refused
	case refused != nil, err != nil:
		return st, errors.ErrUnsupported
	}
	return st, nil
}

// again opens the file for reading: by the name that it was made with, which takes half
// the time, or by /proc if the name leads to another file or none. named reports that
// it was by name. Unless trusted is set, again has checked that it is the same file.
func (f *file) again(trusted bool) (fd int, named bool, err error) {
	const flags = unix.O_RDONLY | unix.O_NONBLOCK | unix.O_CLOEXEC | unix.O_NOFOLLOW
	if f.in != nil && f.ino != 0 {
		fd, err := openat(f.in.fd, f.name, flags, 0)
		if err == nil {
			if trusted {
				return fd, true, nil
			}
			if now, err := fstat(fd); err == nil && now.Dev == f.dev && now.Ino == f.ino {
				return fd, true, nil
			}
			unix.Close(fd)
		}
	}
	fd, err = unix.Open("/proc/self/fd/"+strconv.Itoa(f.fd), flags&^unix.O_NOFOLLOW, 0)
	return fd, false, err
}

func (f *file) Guarded() bool {
	kind, _, e := unix.RawSyscall(unix.SYS_FCNTL, uintptr(f.fd), unix.F_GETLEASE, 0)
	return e != 0 || kind == unix.F_RDLCK
}

func (f *file) Unguard() { control(f.fd, unix.F_SETLEASE, unix.F_UNLCK) }

// control calls fcntl with a number.
func control(fd, cmd, n int) error {
	_, err := unix.FcntlInt(uintptr(fd), cmd, n)
	return err
}
