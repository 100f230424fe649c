//go:build linux && !osroot && (amd64 || arm64)

package fsys

import (
	"strings"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// hasStatx is false on kernels before 4.11 and in sandboxes that refuse the call.
var hasStatx = sync.OnceValue(func() bool {
	var x unix.Statx_t
	return unix.Statx(unix.AT_FDCWD, "/", 0, unix.STATX_TYPE, &x) == nil
})

// statxMask selects the fields of Stat.
const statxMask = unix.STATX_BASIC_STATS | unix.STATX_BTIME

// Lstat passes a short path on the stack, because a listing calls it for every file.
func (d *dir) Lstat(path string) (Stat, error) {
	var buf [256]byte
	if path == "" || len(path) >= len(buf) || !hasStatx() {
		return d.lstatSlowly(path)
	}
	copy(buf[:], path)
	var x unix.Statx_t
	_, _, e := unix.Syscall6(unix.SYS_STATX, uintptr(d.fd), uintptr(unsafe.Pointer(&buf)),
		unix.AT_SYMLINK_NOFOLLOW, statxMask, uintptr(unsafe.Pointer(&x)), 0)
	switch e {
	case 0:
		return toStatx(&x), nil
	case unix.ESTALE, unix.EPERM:
		return d.lstatSlowly(path)
	}
	return Stat{}, e
}

// lstatSlowly is Lstat for long paths and old systems. It tries again if a server
// replaced the file meanwhile.
func (d *dir) lstatSlowly(path string) (Stat, error) {
	if path == "" {
		path = "."
	}
	var x unix.Statx_t
	if hasStatx() {
		_, err := stale(func() (int, error) {
			return 0, unix.Statx(d.fd, path, unix.AT_SYMLINK_NOFOLLOW, statxMask, &x)
		})
		if err != unix.EPERM {
			return toStatx(&x), err
		}
	}
	var st unix.Stat_t
	if err := unix.Fstatat(d.fd, path, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return Stat{}, err
	}
	return toStat(&st), nil
}

// SetModTime also sets the time of access, because some FUSE programs ignore a change
// of only one of them and report success. It is futimens, for which package unix has no
// wrapper.
func (f *file) SetModTime(ns int64) error {
	ts := [2]unix.Timespec{unix.NsecToTimespec(ns), unix.NsecToTimespec(ns)}
	if _, _, e := unix.Syscall6(unix.SYS_UTIMENSAT, uintptr(f.fd), 0, uintptr(unsafe.Pointer(&ts)),
		0, 0, 0); e != 0 {
		return e
	}
	return nil
}

// statxFD is statx of an open file or directory. An error means that the system can't do
// that.
func statxFD(fd int) (Stat, error) {
	var x unix.Statx_t
	var empty byte
	_, _, e := unix.Syscall6(unix.SYS_STATX, uintptr(fd), uintptr(unsafe.Pointer(&empty)),
		unix.AT_EMPTY_PATH, statxMask, uintptr(unsafe.Pointer(&x)), 0)
	if e == 0 && x.Mask&unix.STATX_BASIC_STATS != unix.STATX_BASIC_STATS {
		e = unix.ENOSYS
	}
	if e != 0 {
		return Stat{}, e
	}
	return toStatx(&x), nil
}

// text is a string with a zero byte at its end, on the stack, because every Put makes
// these calls.
type text [256]byte

// set sets the text to s. It reports false if s doesn't fit or contains a zero byte.
func (t *text) set(s string) bool {
	if len(s) >= len(t) || strings.IndexByte(s, 0) >= 0 {
		return false
	}
	copy(t[:], s)
	return true
}

func openat(fd int, name string, flags int, mode uint32) (int, error) {
	var t text
	if !t.set(name) {
		return unix.Openat(fd, name, flags, mode)
	}
	n, _, e := unix.Syscall6(unix.SYS_OPENAT, uintptr(fd), uintptr(unsafe.Pointer(&t)),
		uintptr(flags), uintptr(mode), 0, 0)
	if e != 0 {
		return -1, e
	}
	return int(n), nil
}

// openat2 opens a path that must not lead out of the directory.
func openat2(fd int, path string, flags int) (int, error) {
	how := unix.OpenHow{Flags: uint64(flags), Resolve: resolve}
	var t text
	if !t.set(path) {
		return unix.Openat2(fd, path, &how)
	}
	n, _, e := unix.Syscall6(unix.SYS_OPENAT2, uintptr(fd), uintptr(unsafe.Pointer(&t)),
		uintptr(unsafe.Pointer(&how)), unsafe.Sizeof(how), 0, 0)
	if e != 0 {
		return -1, e
	}
	return int(n), nil
}

func statPath(path string, st *unix.Stat_t) error {
	var t text
	if !t.set(path) {
		return unix.Stat(path, st)
	}
	at := unix.AT_FDCWD
	_, _, e := unix.Syscall6(sysStatAt, uintptr(at), uintptr(unsafe.Pointer(&t)),
		uintptr(unsafe.Pointer(st)), 0, 0, 0)
	if e != 0 {
		return e
	}
	return nil
}

func renameat(fd int, name string, tofd int, newname string) error {
	var from, to text
	if !from.set(name) || !to.set(newname) {
		return unix.Renameat(fd, name, tofd, newname)
	}
	_, _, e := unix.Syscall6(unix.SYS_RENAMEAT, uintptr(fd), uintptr(unsafe.Pointer(&from)),
		uintptr(tofd), uintptr(unsafe.Pointer(&to)), 0, 0)
	if e != 0 {
		return e
	}
	return nil
}

func renameat2(fd int, name string, tofd int, newname string, flags uint) error {
	var from, to text
	if !from.set(name) || !to.set(newname) {
		return unix.Renameat2(fd, name, tofd, newname, flags)
	}
	_, _, e := unix.Syscall6(unix.SYS_RENAMEAT2, uintptr(fd), uintptr(unsafe.Pointer(&from)),
		uintptr(tofd), uintptr(unsafe.Pointer(&to)), uintptr(flags), 0)
	if e != 0 {
		return e
	}
	return nil
}

// linkFile gives an open file a name.
func linkFile(file, fd int, name string) error {
	var t text
	if !t.set(name) {
		return unix.Linkat(file, "", fd, name, unix.AT_EMPTY_PATH)
	}
	var empty byte
	_, _, e := unix.Syscall6(unix.SYS_LINKAT, uintptr(file), uintptr(unsafe.Pointer(&empty)),
		uintptr(fd), uintptr(unsafe.Pointer(&t)), unix.AT_EMPTY_PATH, 0)
	if e != 0 {
		return e
	}
	return nil
}

func unlinkat(fd int, name string, flags int) error {
	var t text
	if !t.set(name) {
		return unix.Unlinkat(fd, name, flags)
	}
	_, _, e := unix.Syscall6(unix.SYS_UNLINKAT, uintptr(fd), uintptr(unsafe.Pointer(&t)),
		uintptr(flags), 0, 0, 0)
	if e != 0 {
		return e
	}
	return nil
}

func fgetxattr(fd int, attr string, buf []byte) (int, error) {
	var t text
	if !t.set(attr) {
		return unix.Fgetxattr(fd, attr, buf)
	}
	n, _, e := unix.Syscall6(unix.SYS_FGETXATTR, uintptr(fd), uintptr(unsafe.Pointer(&t)),
		uintptr(unsafe.Pointer(unsafe.SliceData(buf))), uintptr(len(buf)), 0, 0)
	if e != 0 {
		return 0, e
	}
	return int(n), nil
}

func fsetxattr(fd int, attr string, value []byte) error {
	var t text
	if !t.set(attr) {
		return unix.Fsetxattr(fd, attr, value, 0)
	}
	_, _, e := unix.Syscall6(unix.SYS_FSETXATTR, uintptr(fd), uintptr(unsafe.Pointer(&t)),
		uintptr(unsafe.Pointer(unsafe.SliceData(value))), uintptr(len(value)), 0, 0)
	if e != 0 {
		return e
	}
	return nil
}
