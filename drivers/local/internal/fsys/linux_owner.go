//go:build linux && !osroot

package fsys

import (
	"io/fs"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

func (d *dir) SetMode(p fs.FileMode) error  { return unix.Fchmod(d.fd, modeOf(p)) }
func (d *dir) SetOwner(uid, gid int) error  { return unix.Fchown(d.fd, uid, gid) }
func (f *file) SetMode(p fs.FileMode) error { return unix.Fchmod(f.fd, modeOf(p)) }
func (f *file) SetOwner(uid, gid int) error { return unix.Fchown(f.fd, uid, gid) }

// Attribute of an entry goes by /proc, since the entry may be one that can't be opened.
func (d *dir) Attribute(name, attr string, buf []byte) (n int, err error) {
	if name == "" {
		n, err = unix.Fgetxattr(d.fd, attr, buf)
	} else {
		n, err = unix.Lgetxattr("/proc/self/fd/"+strconv.Itoa(d.fd)+"/"+name, attr, buf)
	}
	if err != nil {
		return 0, ErrNoXattr
	}
	return n, nil
}

// Umask is the process's, and false where it isn't known.
func Umask() (fs.FileMode, bool) {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(data)) {
		if v, ok := strings.CutPrefix(line, "Umask:"); ok {
			m, err := strconv.ParseUint(strings.TrimSpace(v), 8, 32)
			return fs.FileMode(m), err == nil
		}
	}
	return 0, false
}
