//go:build linux && !osroot

package fsys

import (
	"io"
	"io/fs"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

func (d *dir) SetMode(p fs.FileMode) error  { return unix.Fchmod(d.fd, modeOf(p)) }
func (d *dir) SetOwner(uid, gid int) error  { return unix.Fchown(d.fd, uid, gid) }
func (f *file) SetMode(p fs.FileMode) error { return unix.Fchmod(f.fd, modeOf(p)) }
func (f *file) SetOwner(uid, gid int) error { return unix.Fchown(f.fd, uid, gid) }

// Attribute makes one system call since Linux 6.13. Before, it reads an entry's
// attribute through /proc, because the entry may be one that can't be opened.
func (d *dir) Attribute(name, attr string, buf []byte) (n int, err error) {
	switch {
	case name == "":
		n, err = fgetxattr(d.fd, attr, buf)
	case hasGetxattrat():
		n, err = getxattrat(d.fd, name, attr, buf)
	default:
		n, err = unix.Lgetxattr("/proc/self/fd/"+strconv.Itoa(d.fd)+"/"+name, attr, buf)
	}
	if err != nil {
		return 0, ErrNoXattr
	}
	return n, nil
}

// hasGetxattrat is false on older systems and in sandboxes that refuse the call.
var hasGetxattrat = sync.OnceValue(func() bool {
	_, err := getxattrat(unix.AT_FDCWD, "/", "user.none", nil)
	return err != unix.ENOSYS && err != unix.EPERM
})

// xattrArgs is struct xattr_args of linux/xattr.h.
type xattrArgs struct {
	value uint64
	size  uint32
	flags uint32
}

// getxattrat makes the system call, for which package unix has only the number.
func getxattrat(fd int, name, attr string, buf []byte) (int, error) {
	var path, key [256]byte // on the stack, except long ones
	at, err := bytePtr(path[:], name)
	if err != nil {
		return 0, err
	}
	of, err := bytePtr(key[:], attr)
	if err != nil {
		return 0, err
	}
	args := xattrArgs{size: uint32(len(buf))}
	if len(buf) > 0 {
		args.value = uint64(uintptr(unsafe.Pointer(&buf[0])))
	}
	n, _, errno := unix.Syscall6(unix.SYS_GETXATTRAT, uintptr(fd), uintptr(unsafe.Pointer(at)),
		unix.AT_SYMLINK_NOFOLLOW, uintptr(unsafe.Pointer(of)), uintptr(unsafe.Pointer(&args)),
		unsafe.Sizeof(args))
	runtime.KeepAlive(buf)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// bytePtr returns s with a zero byte at its end, in buf if it fits.
func bytePtr(buf []byte, s string) (*byte, error) {
	if len(s) >= len(buf) || strings.IndexByte(s, 0) >= 0 {
		return unix.BytePtrFromString(s)
	}
	copy(buf, s)
	return &buf[0], nil
}

// Umask returns the process's umask. known is false if the system doesn't report it.
// After an error, a later call may find it. (Package os would retry an interrupted call
// forever.)
func Umask() (m fs.FileMode, known bool, err error) {
	fd, err := retry(func() (int, error) {
		return unix.Open("/proc/self/status", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	})
	if err == unix.ENOENT || err == unix.EACCES || err == unix.EPERM {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	defer unix.Close(fd)
	var buf [512]byte // the umask is in the second line
	n, err := (&file{fd: fd}).ReadAt(buf[:], 0)
	if err != nil && err != io.EOF {
		return 0, false, err
	}
	for line := range strings.Lines(string(buf[:n])) {
		if v, ok := strings.CutPrefix(line, "Umask:"); ok {
			m, err := strconv.ParseUint(strings.TrimSpace(v), 8, 32)
			return fs.FileMode(m), err == nil, nil
		}
	}
	return 0, false, nil
}
