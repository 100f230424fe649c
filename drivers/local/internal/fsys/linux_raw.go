//go:build linux && !osroot && (amd64 || arm64)

package fsys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Lstat passes the name on the stack: a listing calls it for every file.
func (d *dir) Lstat(name string) (Stat, error) {
	var buf [256]byte
	if len(name) >= len(buf) {
		return d.lstatLong(name)
	}
	copy(buf[:], name)
	var st unix.Stat_t
	if _, _, e := unix.Syscall6(sysFstatat, uintptr(d.fd), uintptr(unsafe.Pointer(&buf)), uintptr(unsafe.Pointer(&st)), unix.AT_SYMLINK_NOFOLLOW, 0, 0); e != 0 {
		if e == unix.ESTALE {
			return d.lstatLong(name)
		}
		return Stat{}, e
	}
	return toStat(&st), nil
}

// lstatLong is for names of more than 255 bytes, which 255 characters of NTFS or exFAT
// may be, and looks again where a server has replaced the file meanwhile.
func (d *dir) lstatLong(name string) (Stat, error) {
	var st unix.Stat_t
	_, err := stale(func() (int, error) {
		return 0, unix.Fstatat(d.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW)
	})
	if err != nil {
		return Stat{}, err
	}
	return toStat(&st), nil
}

// SetModTime sets the time of access too: some programs behind FUSE ignore a change of one
// alone, and answer that it was made. It is futimens, which has no wrapper for an open file.
func (f *file) SetModTime(ns int64) error {
	ts := [2]unix.Timespec{unix.NsecToTimespec(ns), unix.NsecToTimespec(ns)}
	if _, _, e := unix.Syscall6(unix.SYS_UTIMENSAT, uintptr(f.fd), 0, uintptr(unsafe.Pointer(&ts)), 0, 0, 0); e != 0 {
		return e
	}
	return nil
}
