//go:build linux && !osroot

package fsys

import (
	"errors"
	"strconv"

	"golang.org/x/sys/unix"
)

// CreateUnnamed leaves the errors of a full disk and the like to Create.
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

// Link needs a right for a link by the descriptor alone, but for who has made the file,
// since Linux 6.10. Without it the answer is ENOENT, and the link goes by /proc.
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
