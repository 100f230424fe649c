//go:build !linux || osroot

package fsys

import (
	"io/fs"
	"os"
)

func (d *dir) CreatePrivate(name string) (File, error) {
	p := d.join(name)
	f, err := d.root.OpenFile(p, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, bare(err)
	}
	return &file{f: f, root: d.root, path: p}, nil
}

func (d *dir) SetMode(p fs.FileMode) error  { return bare(d.root.Chmod(d.path, p)) }
func (d *dir) SetOwner(uid, gid int) error  { return bare(d.root.Chown(d.path, uid, gid)) }
func (f *file) SetMode(p fs.FileMode) error { return bare(f.f.Chmod(p)) }
func (f *file) SetOwner(uid, gid int) error { return bare(f.f.Chown(uid, gid)) }

// Attribute reports no attribute, since package os can't read one.
func (d *dir) Attribute(string, string, []byte) (int, error) { return 0, ErrNoXattr }

// Umask reports that the umask isn't known, since only changing it returns it.
func Umask() (m fs.FileMode, known bool, err error) { return 0, false, nil }
