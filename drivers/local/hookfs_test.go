package local

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// hookFS is the operating system's file systems with hooks, each of which may be nil.
type hookFS struct {
	fsys.FS
	// before is called before each operation that changes something, with the name of
	// its entry. If it returns an error, the operation isn't done.
	before func(op, name string) error
	// times changes each time that is set or returned.
	times func(ns int64) int64
	// noXattr and noLocks take away extended attributes and locks.
	noXattr, noLocks bool
	// noDirLocks takes away locks of directories, but not of files.
	noDirLocks bool
	// fuse makes it look like FUSE: names can't be exchanged, and no time of birth is known.
	fuse bool
	// reuses gives every folder below the root the same identity, as if the system used
	// the inode number of a removed one again.
	reuses bool
	// mount makes the folders below the root another file system than the control folder.
	mount bool
	// between is called between the Lstat of a file and its opening.
	between func(path string)
	// awaits is asked at each rename of a file whether another program begins to wait to
	// change it.
	awaits  func() bool
	awaited map[string]bool // the names of such files
	// closed is the path of a folder whose opening is refused.
	closed string
}

// openHooked opens a bucket on the operating system's file systems with hooks.
func openHooked(t testing.TB, dir string, opts *Options, h *hookFS) files.Bucket {
	t.Helper()
	h.FS = fsys.OS()
	b, err := open(dir, opts, h)
	if err != nil {
		t.Fatal(err)
	}
	bucket := driver.New(b)
	t.Cleanup(func() { bucket.Close() })
	return bucket
}

func (h *hookFS) hook(op, name string) error {
	if h.before == nil {
		return nil
	}
	return h.before(op, name)
}

func (h *hookFS) stat(st fsys.Stat, err error) (fsys.Stat, error) {
	if h.times != nil {
		st.ModTime, st.ChangeTime = h.times(st.ModTime), h.times(st.ChangeTime)
	}
	if h.fuse {
		st.Birth = 0
	}
	return st, err
}

func (h *hookFS) dir(d fsys.Dir, err error) (fsys.Dir, error) {
	if err != nil {
		return nil, err
	}
	return &hookDir{Dir: d, h: h}, nil
}

func (h *hookFS) OpenRoot(path string) (fsys.Dir, error)  { return h.dir(h.FS.OpenRoot(path)) }
func (h *hookFS) StatRoot(path string) (fsys.Stat, error) { return h.stat(h.FS.StatRoot(path)) }
func (h *hookFS) MkdirAll(p string, m fs.FileMode, s bool) error {
	if err := h.hook("mkdirall", p); err != nil {
		return err
	}
	return h.FS.MkdirAll(p, m, s)
}

type hookDir struct {
	fsys.Dir
	h     *hookFS
	below bool // a folder below the root, outside the control folder
}

func (d *hookDir) OpenDir(path string) (fsys.Dir, error) {
	e, err := d.h.dir(d.Dir.OpenDir(path))
	if err == nil && d.h.closed != "" {
		st, err := e.Stat()
		if now, err2 := fsys.OS().StatRoot(d.h.closed); err == nil && err2 == nil &&
			now.SameFile(st) {
			e.Close()
			return nil, syscall.EACCES
		}
	}
	if err == nil {
		e.(*hookDir).below = d.below || path != "" && !strings.HasPrefix(path,
			controlDir) && !strings.HasPrefix(path, stagingMark)
	}
	return e, err
}

func (d *hookDir) Kind() fsys.Kind {
	if d.h.fuse {
		return fsys.FUSE
	}
	return d.Dir.Kind()
}

// crosses reports whether a rename would be between two file systems.
func (d *hookDir) crosses(to fsys.Dir) bool {
	return d.h.mount && d.below != to.(*hookDir).below
}
func (d *hookDir) Lstat(name string) (fsys.Stat, error) { return d.h.stat(d.Dir.Lstat(name)) }

func (d *hookDir) Stat() (fsys.Stat, error) {
	st, err := d.h.stat(d.Dir.Stat())
	if d.h.reuses && d.below {
		st.Ino, st.Birth = 1, 0
	}
	return st, err
}

func (d *hookDir) OpenFile(path string) (fsys.File, fsys.Stat, error) {
	f, st, err := d.Dir.OpenFile(path)
	if err != nil {
		return nil, st, err
	}
	st, _ = d.h.stat(st, nil)
	return &hookFile{f, d.h, path}, st, nil
}

func (d *hookDir) OpenSeen(path string) (fsys.File, fsys.Stat, error) {
	f, st, err := d.openSeen(path)
	if err != nil {
		return nil, st, err
	}
	st, _ = d.h.stat(st, nil)
	return &hookFile{f, d.h, path}, st, nil
}

func (d *hookDir) create(op, name string, f func(string) (fsys.File, error)) (fsys.File, error) {
	if err := d.h.hook(op, name); err != nil {
		return nil, err
	}
	file, err := f(name)
	if err != nil {
		return nil, err
	}
	return &hookFile{file, d.h, name}, nil
}

func (d *hookDir) Create(name string) (fsys.File, error) {
	return d.create("create", name, d.Dir.Create)
}

func (d *hookDir) CreatePrivate(name string) (fsys.File, error) {
	return d.create("create", name, d.Dir.CreatePrivate)
}

func (d *hookDir) CreateUnnamed() (fsys.File, error) {
	return d.create("create", "", func(string) (fsys.File, error) { return d.Dir.CreateUnnamed() })
}

func (d *hookDir) Link(f fsys.File, name string) error {
	return d.do("link", name, func() error {
		if d.h.mount && d.below {
			return syscall.EXDEV
		}
		return d.Dir.Link(f.(*hookFile).File, name)
	})
}

func (d *hookDir) OpenLock(name string) (fsys.File, error) {
	return d.create("openlock", name, d.Dir.OpenLock)
}

func (d *hookDir) do(op, name string, f func() error) error {
	if err := d.h.hook(op, name); err != nil {
		return err
	}
	return f()
}

func (d *hookDir) Mkdir(name string, m fs.FileMode) error {
	return d.do("mkdir", name, func() error { return d.Dir.Mkdir(name, m) })
}

func (d *hookDir) Rename(name string, to fsys.Dir, newname string) error {
	return d.do("rename", newname, func() error {
		if d.crosses(to) {
			return syscall.EXDEV
		}
		if d.h.awaits != nil && d.h.awaits() {
			d.h.awaited[name] = true
		}
		return d.Dir.Rename(name, to.(*hookDir).Dir, newname)
	})
}

func (d *hookDir) Exchange(name string, to fsys.Dir, newname string) error {
	if d.h.fuse {
		return errors.ErrUnsupported
	}
	return d.do("rename", newname, func() error {
		if d.crosses(to) {
			return syscall.EXDEV
		}
		return d.Dir.Exchange(name, to.(*hookDir).Dir, newname)
	})
}

func (d *hookDir) RenameNoReplace(name string, to fsys.Dir, newname string) error {
	return d.do("rename", newname, func() error {
		return d.Dir.RenameNoReplace(name, to.(*hookDir).Dir, newname)
	})
}

func (d *hookDir) Unlink(name string) error {
	return d.do("unlink", name, func() error { return d.Dir.Unlink(name) })
}

func (d *hookDir) Rmdir(name string) error {
	return d.do("rmdir", name, func() error { return d.Dir.Rmdir(name) })
}

func (d *hookDir) Sync() error { return d.do("syncdir", "", d.Dir.Sync) }

// TryLock and Claim are unsupported if there are no locks.
func (d *hookDir) TryLock() error {
	if d.h.noDirLocks {
		return errors.ErrUnsupported
	}
	return d.lock(d.Dir.TryLock)
}

func (d *hookDir) Claim() error { return d.lock(d.Dir.Claim) }

func (d *hookDir) lock(f func() error) error {
	if d.h.noLocks {
		return errors.ErrUnsupported
	}
	return f()
}

func (d *hookDir) openSeen(path string) (fsys.File, fsys.Stat, error) {
	if d.h.between == nil {
		return d.Dir.OpenSeen(path)
	}
	st, err := d.Dir.Lstat(path)
	if err != nil {
		return nil, st, err
	}
	d.h.between(path)
	f, _, err := d.Dir.OpenSeen(path)
	return f, st, err
}

type hookFile struct {
	fsys.File
	h    *hookFS
	name string
}

func (f *hookFile) Stat() (fsys.Stat, error)      { return f.h.stat(f.File.Stat()) }
func (f *hookFile) StatBirth() (fsys.Stat, error) { return f.h.stat(f.File.StatBirth()) }

func (f *hookFile) Guarded() bool {
	return !f.h.awaited[f.name] && f.File.Guarded()
}

func (f *hookFile) Write(p []byte) (int, error) {
	if err := f.h.hook("write", f.name); err != nil {
		return 0, err
	}
	return f.File.Write(p)
}

func (f *hookFile) Getxattr(name string, buf []byte) (int, error) {
	if f.h.noXattr {
		return 0, fsys.ErrNoXattr
	}
	return f.File.Getxattr(name, buf)
}

func (f *hookFile) Setxattr(name string, value []byte) error {
	if f.h.noXattr {
		return errors.ErrUnsupported
	}
	if err := f.h.hook("setxattr", f.name); err != nil {
		return err
	}
	return f.File.Setxattr(name, value)
}

func (f *hookFile) SetModTime(ns int64) error {
	if err := f.h.hook("setmodtime", f.name); err != nil {
		return err
	}
	if f.h.times != nil {
		ns = f.h.times(ns)
	}
	return f.File.SetModTime(ns)
}

func (f *hookFile) Clone(src fsys.File) error {
	if err := f.h.hook("clone", f.name); err != nil {
		return err
	}
	return f.File.Clone(src.(*hookFile).File)
}

func (f *hookFile) CopyRange(src fsys.File, n int64) (int64, error) {
	if err := f.h.hook("copyrange", f.name); err != nil {
		return 0, err
	}
	return f.File.CopyRange(src.(*hookFile).File, n)
}

func (f *hookFile) Sync() error {
	if err := f.h.hook("sync", f.name); err != nil {
		return err
	}
	return f.File.Sync()
}

func (f *hookFile) TryLock(off int64) error {
	if f.h.noLocks {
		return errors.ErrUnsupported
	}
	return f.File.TryLock(off)
}

// coarse truncates times to two seconds, as FAT does.
func coarse(ns int64) int64 { return ns - ns%2_000_000_000 }
