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
		return Stat{}, unix.ENAMETOOLONG
	}
	copy(buf[:], name)
	var st unix.Stat_t
	if _, _, e := unix.Syscall6(sysFstatat, uintptr(d.fd), uintptr(unsafe.Pointer(&buf)), uintptr(unsafe.Pointer(&st)), unix.AT_SYMLINK_NOFOLLOW, 0, 0); e != 0 {
		return Stat{}, e
	}
	return toStat(&st), nil
}

// SetModTime is futimens, which has no wrapper for an open file.
func (f *file) SetModTime(ns int64) error {
	ts := [2]unix.Timespec{{Nsec: unix.UTIME_OMIT}, unix.NsecToTimespec(ns)}
	if _, _, e := unix.Syscall6(unix.SYS_UTIMENSAT, uintptr(f.fd), 0, uintptr(unsafe.Pointer(&ts)), 0, 0, 0); e != 0 {
		return e
	}
	return nil
}
