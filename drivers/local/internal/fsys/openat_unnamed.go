//go:build linux && !osroot

package fsys

import (
	"errors"
	"strconv"

	"golang.org/x/sys/unix"
)

// CreateUnnamed returns errors such as that of a full disk as Create does.
func (d *dir) CreateUnnamed() (File, error) {
	f, err := d.create(".", unix.O_RDWR|unix.O_TMPFILE|unix.O_CLOEXEC, 0o666)
	switch err {
	case unix.EOPNOTSUPP, unix.EISDIR, unix.EINVAL, unix.ENOSYS, unix.EPERM:
		err = errors.ErrUnsupported
	}
	if err != nil {
		return nil, err
	}
	f.in = nil
	return f, nil
}

// Link links by the descriptor alone. That needs a capability, except, since Linux
// 6.10, for the process that made the file. Without it the error is ENOENT, and Link
// uses the path in /proc.
func (d *dir) Link(f File, name string) error {
	file := f.(*file)
	fd := file.fd
	err := linkFile(fd, d.fd, name)
	if err == unix.ENOENT {
		path := "/proc/self/fd/" + strconv.Itoa(fd)
		err = unix.Linkat(unix.AT_FDCWD, path, d.fd, name, unix.AT_SYMLINK_FOLLOW)
	}
	switch err {
	case nil:
		file.in, file.name = d, name
	case unix.EPERM, unix.EOPNOTSUPP, unix.ENOSYS, unix.EINVAL:
		err = errors.ErrUnsupported
	}
	return err
}
