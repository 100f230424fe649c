//go:build linux && !osroot && !amd64 && !arm64

package fsys

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// Lstat asks for no birth, so a listing opens files that were written here.
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

// SetModTime sets the time of access too: some programs behind FUSE ignore a change of one alone,
// and answer that it was made. It goes through /proc, because the call for an open file has no
// wrapper.
func (f *file) SetModTime(ns int64) error {
	ts := []unix.Timespec{unix.NsecToTimespec(ns), unix.NsecToTimespec(ns)}
	return unix.UtimesNanoAt(unix.AT_FDCWD, "/proc/self/fd/"+strconv.Itoa(f.fd), ts, 0)
}
