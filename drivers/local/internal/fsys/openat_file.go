//go:build linux && !osroot

package fsys

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// file is a file's descriptor.
type file struct {
	fd      int
	reading bool // open only for reading, since Guard
	shared  bool // the descriptor for writing could not be closed

	in       *dir   // where it was made; nil if it was opened
	name     string // its name in that directory
	dev, ino uint64 // 0 until Stat or StatBirth
}

func (f *file) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n, err := retry(func() (int, error) { return unix.Read(f.fd, p) })
	return readResult(n, err)
}

func readResult(n int, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func (f *file) ReadAt(p []byte, off int64) (int, error) {
	var total int
	for total < len(p) {
		n, err := retry(func() (int, error) {
			return unix.Pread(f.fd, p[total:], off+int64(total))
		})
		n, err = readResult(n, err)
		total += n
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

func (f *file) Write(p []byte) (int, error) {
	var total int
	for total < len(p) {
		n, err := retry(func() (int, error) { return unix.Write(f.fd, p[total:]) })
		if err != nil {
			return total, err
		}
		if n == 0 {
			return total, io.ErrShortWrite
		}
		total += n
	}
	return total, nil
}

func (f *file) Stat() (Stat, error) {
	st, err := fstat(f.fd)
	if err == nil && st.Type != Regular {
		err = ErrNotFile
	}
	f.dev, f.ino = st.Dev, st.Ino
	return st, err
}

func (f *file) StatBirth() (Stat, error) {
	st, err := statxFD(f.fd)
	if err != nil || st.Type != Regular {
		return f.Stat()
	}
	f.dev, f.ino = st.Dev, st.Ino
	return st, nil
}

func (f *file) AppendOnly() { unix.FcntlInt(uintptr(f.fd), unix.F_SETFL, unix.O_APPEND) }

func (f *file) Getxattr(name string, buf []byte) (int, error) {
	n, err := fgetxattr(f.fd, name, buf)
	switch err {
	case nil:
		return n, nil
	case unix.ENODATA, unix.EOPNOTSUPP, unix.EPERM, unix.EACCES, unix.ENOSYS:
		return 0, ErrNoXattr
	case unix.EIO, unix.EINVAL: // what some FUSE programs return instead
		if kindOf(f.fd) == FUSE {
			return 0, ErrNoXattr
		}
	}
	return 0, err
}

func (f *file) Setxattr(name string, value []byte) error {
	err := fsetxattr(f.fd, name, value)
	switch err {
	case unix.EOPNOTSUPP, unix.ENOSYS:
		return errors.ErrUnsupported
	case unix.EPERM, unix.EACCES, unix.E2BIG, unix.ENOSPC, unix.EDQUOT, unix.EFBIG, unix.ERANGE,
		unix.EINVAL, unix.EIO:
		return ErrNoXattr
	}
	return err
}

func (f *file) Clone(src File) error { return unix.IoctlFileClone(f.fd, src.(*file).fd) }

func (f *file) CopyRange(src File, n int64) (int64, error) {
	const most = 1 << 30
	m, err := retry(func() (int, error) {
		return unix.CopyFileRange(src.(*file).fd, nil, f.fd, nil, int(min(n, most)), 0)
	})
	return int64(max(m, 0)), err
}

func (f *file) Data(off, size int64) (from, to int64) {
	from, err := unix.Seek(f.fd, off, unix.SEEK_DATA)
	if err == unix.ENXIO {
		return size, size
	}
	if err != nil {
		return off, size
	}
	to, err = unix.Seek(f.fd, from, unix.SEEK_HOLE)
	if err != nil || to <= from {
		return from, size
	}
	return from, to
}

func (f *file) MoveTo(off int64) error {
	_, err := unix.Seek(f.fd, off, io.SeekStart)
	return err
}

func (f *file) SetSize(size int64) error {
	_, err := retry(func() (int, error) { return 0, unix.Ftruncate(f.fd, size) })
	return err
}

func (f *file) StartSync()  { unix.SyncFileRange(f.fd, 0, 0, unix.SYNC_FILE_RANGE_WRITE) }
func (f *file) Sync() error { return fsync(f.fd) }

func (f *file) TryLock(off int64) error { return f.lock(off, unix.F_WRLCK) }
func (f *file) Unlock(off int64) error  { return f.lock(off, unix.F_UNLCK) }

func (f *file) lock(off int64, kind int16) error {
	lk := unix.Flock_t{
		Type:   kind,
		Whence: io.SeekStart,
		Start:  off,
		Len:    1,
	}
	_, err := retry(func() (int, error) {
		return 0, unix.FcntlFlock(uintptr(f.fd), unix.F_OFD_SETLK, &lk)
	})
	switch err {
	case unix.EAGAIN:
		return ErrLocked
	case unix.EINVAL, unix.ENOLCK, unix.ENOSYS, unix.EOPNOTSUPP:
		return errors.ErrUnsupported
	}
	return err
}

func (f *file) OSFile(name string) *os.File {
	unix.SetNonblock(f.fd, false) // otherwise the runtime would try to poll it
	return osFile(f.fd, name)
}

func (f *file) Close() error { return unix.Close(f.fd) }
