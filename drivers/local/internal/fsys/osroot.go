//go:build !linux || osroot

package fsys

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
)

// OS returns the operating system's file systems, accessed through os.Root. Each
// element of a path is checked for a link before it is used. Another process may put a
// link there in between, but the link can't lead out of the root.
func OS() FS { return portableFS{} }

type portableFS struct{}

// dir is a path below a root.
type dir struct {
	root *os.Root
	path string // "." is the root
	top  bool   // Close closes the root
	read *os.File
	held dirLocks
}

// bare returns the error of the system inside err, without the path.
func bare(err error) error {
	for {
		var inner error
		switch e := err.(type) {
		case *fs.PathError:
			inner = e.Err
		case *os.LinkError:
			inner = e.Err
		case *os.SyscallError:
			inner = e.Err
		default:
			return err
		}
		err = inner
	}
}

func (portableFS) OpenRoot(path string) (Dir, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, bare(err)
	}
	return &dir{root: root, path: ".", top: true}, nil
}

func (portableFS) StatRoot(path string) (Stat, error) {
	f, err := os.Open(path)
	if err != nil {
		return Stat{}, bare(err)
	}
	defer f.Close()
	return statFile(f)
}

func (p portableFS) MkdirAll(path string, perm fs.FileMode, sync bool) error {
	if err := os.MkdirAll(path, perm); err != nil || !sync {
		return bare(err)
	}
	for parent := filepath.Dir(path); ; parent = filepath.Dir(parent) {
		if err := syncDir(parent); err != nil {
			return bare(err)
		}
		if parent == filepath.Dir(parent) {
			return nil
		}
	}
}

func (d *dir) join(name string) string {
	if name == "" {
		return d.path
	}
	return path.Join(d.path, name)
}

// walk checks every element of the path without following links, and returns the Stat
// of the last one.
func (d *dir) walk(p string) (Stat, error) {
	if p == "" {
		return d.lstat(d.path)
	}
	at, err := d.root.OpenRoot(d.path)
	if err != nil {
		return Stat{}, bare(err)
	}
	defer func() { at.Close() }()
	for {
		element, rest, more := strings.Cut(p, "/")
		fi, err := at.Lstat(element)
		if err != nil {
			return Stat{}, bare(err)
		}
		st := toStat(fi)
		if !more {
			return st, nil
		}
		if st.Type != Directory {
			return st, ErrNotDir
		}
		next, err := at.OpenRoot(element)
		if err != nil {
			return st, bare(err)
		}
		at.Close()
		at, p = next, rest
	}
}

func (d *dir) lstat(p string) (Stat, error) {
	fi, err := d.root.Lstat(p)
	if err != nil {
		return Stat{}, bare(err)
	}
	return toStat(fi), nil
}

func (d *dir) OpenDir(p string) (Dir, error) {
	st, err := d.walk(p)
	if err == nil && st.Type != Directory {
		err = ErrNotDir
	}
	if err != nil {
		return nil, err
	}
	return &dir{root: d.root, path: d.join(p)}, nil
}

func (d *dir) OpenFile(p string) (File, Stat, error) {
	st, err := d.walk(p)
	if err == nil && st.Type != Regular || err == ErrNotDir {
		err = ErrNotFile
	}
	if err != nil {
		return nil, Stat{}, err
	}
	f, err := d.root.OpenFile(d.join(p), os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, Stat{}, bare(err)
	}
	if st, err = statFile(f); err == nil && st.Type != Regular {
		err = ErrNotFile
	}
	if err != nil {
		f.Close()
		return nil, Stat{}, err
	}
	return &file{f: f, root: d.root, path: d.join(p)}, st, nil
}

// OpenSeen is OpenFile, which is no slower here.
func (d *dir) OpenSeen(p string) (File, Stat, error) { return d.OpenFile(p) }

func (d *dir) Lstat(name string) (Stat, error) { return d.lstat(d.join(name)) }
func (d *dir) Stat() (Stat, error) {
	f, err := d.root.Open(d.path)
	if err != nil {
		return Stat{}, bare(err)
	}
	defer f.Close()
	return statFile(f)
}

func (d *dir) ReadDir(buf []byte, each func(name []byte, t Type)) (bool, error) {
	if d.read == nil {
		f, err := d.root.Open(d.path)
		if err != nil {
			return false, bare(err)
		}
		d.read = f
	}
	ents, err := d.read.ReadDir(max(len(buf)/64, 64))
	for _, e := range ents {
		t := Other
		switch {
		case e.Type().IsRegular():
			t = Regular
		case e.IsDir():
			t = Directory
		}
		each([]byte(e.Name()), t)
	}
	if len(ents) == 0 {
		return false, nil // the end, or an unreadable rest
	}
	return true, bare(err)
}

// Rewind opens the directory again at the next ReadDir.
func (d *dir) Rewind(bool) error {
	if d.read == nil {
		return nil
	}
	err := d.read.Close()
	d.read = nil
	return bare(err)
}

func (d *dir) Kind() Kind { return OtherKind }

func (d *dir) open(name string, flags int) (File, error) {
	p := d.join(name)
	f, err := d.root.OpenFile(p, flags, 0o666)
	if err != nil {
		return nil, bare(err)
	}
	return &file{f: f, root: d.root, path: p}, nil
}

func (d *dir) Create(name string) (File, error) {
	return d.open(name, os.O_RDWR|os.O_CREATE|os.O_EXCL)
}

func (d *dir) OpenLock(name string) (File, error) {
	if st, err := d.Lstat(name); err == nil && st.Type != Regular {
		return nil, ErrNotFile
	}
	return d.open(name, os.O_RDWR|os.O_CREATE)
}

func (d *dir) Mkdir(name string, perm fs.FileMode) error {
	return bare(d.root.Mkdir(d.join(name), perm.Perm()))
}

func (d *dir) Rename(name string, to Dir, newname string) error {
	return bare(d.root.Rename(d.join(name), to.(*dir).join(newname)))
}

func (d *dir) CreateUnnamed() (File, error) { return nil, errors.ErrUnsupported }
func (d *dir) Link(File, string) error      { return errors.ErrUnsupported }

// Exchange is unsupported by package os.
func (d *dir) Exchange(string, Dir, string) error { return errors.ErrUnsupported }

func (d *dir) RenameNoReplace(name string, to Dir, newname string) error {
	if err := d.root.Link(d.join(name), to.(*dir).join(newname)); err != nil {
		return bare(err)
	}
	return bare(d.root.Remove(d.join(name)))
}

func (d *dir) Unlink(name string) error {
	if st, err := d.Lstat(name); err == nil && st.Type == Directory {
		return syscall.EISDIR
	}
	return bare(d.root.Remove(d.join(name)))
}

func (d *dir) Rmdir(name string) error {
	if st, err := d.Lstat(name); err == nil && st.Type != Directory {
		return ErrNotDir
	}
	return bare(d.root.Remove(d.join(name)))
}

func (d *dir) Sync() error {
	f, err := d.root.Open(d.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // a removed directory has no entries
	}
	if err != nil {
		return bare(err)
	}
	defer f.Close()
	return bare(syncHandle(f))
}

func syncDir(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return syncHandle(f)
}

func (d *dir) Close() error {
	var err error
	if d.read != nil {
		err = d.read.Close()
	}
	d.held.close()
	if d.top {
		err = errors.Join(err, d.root.Close())
	}
	return bare(err)
}
