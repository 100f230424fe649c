//go:build (linux && osroot) || darwin

package fsys

import (
	"errors"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// dirLocks has the open files that hold a directory's lock and claim.
type dirLocks struct {
	mu    sync.Mutex
	lock  *os.File
	claim *os.File
}

func (l *dirLocks) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range []**os.File{&l.lock, &l.claim} {
		if *f != nil {
			(*f).Close()
			*f = nil
		}
	}
}

// TryLock locks the directory at the path, and then checks that the path still leads to
// it.
func (d *dir) TryLock() error {
	f, err := d.root.Open(d.path)
	if err != nil {
		return bare(err)
	}
	err = control(f, func(fd int) error { return unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) })
	switch err {
	case nil:
	case unix.EWOULDBLOCK:
		err = ErrLocked
	case unix.EINVAL, unix.EBADF, unix.ENOSYS, unix.EOPNOTSUPP:
		err = errors.ErrUnsupported
	}
	if err == nil {
		var mine, now Stat
		if mine, err = statFile(f); err == nil {
			now, err = d.lstat(d.path)
		}
		if err == nil && !now.SameFile(mine) {
			err = ErrLocked // the path leads to another directory; the caller tries again
		}
	}
	if err != nil {
		f.Close()
		return err
	}
	d.held.mu.Lock()
	defer d.held.mu.Unlock()
	d.held.lock = f
	return nil
}

func (d *dir) Unlock() error {
	d.held.mu.Lock()
	defer d.held.mu.Unlock()
	f := d.held.lock
	if f == nil {
		return nil
	}
	d.held.lock = nil
	return bare(f.Close())
}

func (d *dir) Claim() error {
	f, err := d.root.Open(d.path)
	if err != nil {
		return bare(err)
	}
	lk := unix.Flock_t{Type: unix.F_RDLCK, Len: 1}
	err = control(f, func(fd int) error { return unix.FcntlFlock(uintptr(fd), ofdSetLock, &lk) })
	if err != nil {
		f.Close()
		return errors.ErrUnsupported
	}
	d.held.mu.Lock()
	defer d.held.mu.Unlock()
	d.held.claim = f
	return nil
}

func (d *dir) Claimed() (bool, error) {
	f, err := d.root.Open(d.path)
	if err != nil {
		return false, bare(err)
	}
	defer f.Close()
	lk := unix.Flock_t{Type: unix.F_WRLCK, Len: 1}
	err = control(f, func(fd int) error { return unix.FcntlFlock(uintptr(fd), ofdGetLock, &lk) })
	if err != nil {
		return false, errors.ErrUnsupported
	}
	return lk.Type != unix.F_UNLCK, nil
}

func (f *file) AppendOnly() {
	control(f.f, func(fd int) error {
		_, err := unix.FcntlInt(uintptr(fd), unix.F_SETFL, unix.O_APPEND)
		return err
	})
}

// control calls f with the file's descriptor.
func control(file *os.File, f func(fd int) error) error {
	c, err := file.SyscallConn()
	if err != nil {
		return err
	}
	failed := c.Control(func(fd uintptr) {
		for range 1000 { // signals may interrupt it
			if err = f(int(fd)); err != unix.EINTR {
				break
			}
		}
	})
	if failed != nil {
		return failed
	}
	return err
}
