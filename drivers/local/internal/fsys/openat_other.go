//go:build linux && !osroot && !amd64 && !arm64

package fsys

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// Lstat doesn't return the time of birth, so a listing opens files that were put.
func (d *dir) Lstat(path string) (Stat, error) {
	if path == "" {
		path = "."
	}
	var st unix.Stat_t
	_, err := stale(func() (int, error) {
		return 0, unix.Fstatat(d.fd, path, &st, unix.AT_SYMLINK_NOFOLLOW)
	})
	if err != nil {
		return Stat{}, err
	}
	return toStat(&st), nil
}

// statxFD doesn't return the time of birth either.
func statxFD(fd int) (Stat, error) { return fstat(fd) }

func openat(fd int, name string, flags int, mode uint32) (int, error) {
	return unix.Openat(fd, name, flags, mode)
}

func openat2(fd int, path string, flags int) (int, error) {
	return unix.Openat2(fd, path, &unix.OpenHow{Flags: uint64(flags), Resolve: resolve})
}

func statPath(path string, st *unix.Stat_t) error { return unix.Stat(path, st) }

func renameat2(fd int, name string, tofd int, newname string, flags uint) error {
	return unix.Renameat2(fd, name, tofd, newname, flags)
}

func linkFile(file, fd int, name string) error {
	return unix.Linkat(file, "", fd, name, unix.AT_EMPTY_PATH)
}

func unlinkat(fd int, name string, flags int) error { return unix.Unlinkat(fd, name, flags) }

func renameat(fd int, name string, tofd int, newname string) error {
	return unix.Renameat(fd, name, tofd, newname)
}

func fgetxattr(fd int, attr string, buf []byte) (int, error) {
	return unix.Fgetxattr(fd, attr, buf)
}

func fsetxattr(fd int, attr string, value []byte) error {
	return unix.Fsetxattr(fd, attr, value, 0)
}

// SetModTime also sets the time of access, because some FUSE programs ignore a change
// of only one of them and report success. It uses /proc, because the call for an open
// file has no wrapper.
func (f *file) SetModTime(ns int64) error {
	ts := []unix.Timespec{unix.NsecToTimespec(ns), unix.NsecToTimespec(ns)}
	return unix.UtimesNanoAt(unix.AT_FDCWD, "/proc/self/fd/"+strconv.Itoa(f.fd), ts, 0)
}
