//go:build linux && !osroot && (amd64 || arm64)

package fsys

import (
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// noStatx is found on kernels before 4.11 and in sandboxes that refuse the call.
var noStatx atomic.Bool

// lookMask are the fields of Stat.
const lookMask = unix.STATX_BASIC_STATS | unix.STATX_BTIME

// Lstat passes a short path on the stack: a listing calls it for every file.
func (d *dir) Lstat(path string) (Stat, error) {
	var buf [256]byte
	if path == "" || len(path) >= len(buf) || noStatx.Load() {
		return d.lookSlowly(path)
	}
	copy(buf[:], path)
	var x unix.Statx_t
	_, _, e := unix.Syscall6(unix.SYS_STATX, uintptr(d.fd), uintptr(unsafe.Pointer(&buf)),
		unix.AT_SYMLINK_NOFOLLOW, lookMask, uintptr(unsafe.Pointer(&x)), 0)
	switch e {
	case 0:
		return toStatx(&x), nil
	case unix.ESTALE:
		return d.lookSlowly(path)
	case unix.ENOSYS, unix.EPERM: // lookSlowly finds out which
		st, err := d.lookSlowly(path)
		noStatx.Store(err == nil)
		return st, err
	}
	return Stat{}, e
}

// lookSlowly is Lstat for long paths and old systems, and looks again where a server has replaced
// the file meanwhile.
func (d *dir) lookSlowly(path string) (Stat, error) {
	if path == "" {
		path = "."
	}
	var x unix.Statx_t
	if !noStatx.Load() {
		_, err := stale(func() (int, error) {
			return 0, unix.Statx(d.fd, path, unix.AT_SYMLINK_NOFOLLOW, lookMask, &x)
		})
		if err != unix.ENOSYS && err != unix.EPERM {
			return toStatx(&x), err
		}
	}
	var st unix.Stat_t
	if err := unix.Fstatat(d.fd, path, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
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
