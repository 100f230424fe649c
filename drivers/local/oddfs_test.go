package local

import (
	"io/fs"
	"strings"
	"sync"
	"syscall"
	"testing"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// oddFS is a file system with unusual habits, on the operating system's.
type oddFS struct {
	fsys.FS
	folds   bool   // upper and lower case are not distinguished, and the first spelling stays
	refuses string // characters that are refused, with a misleading errno
	tail    bool   // a dot or a space at the end is removed without an error
	limit   int    // of bytes in a name
	mu      sync.Mutex
}

func (o *oddFS) OpenRoot(path string) (fsys.Dir, error) {
	d, err := o.FS.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return &oddFolder{Dir: d, o: o}, nil
}

type oddFolder struct {
	fsys.Dir
	o *oddFS
}

func (d *oddFolder) Kind() fsys.Kind { return fsys.OtherKind }

// actual returns the entry that a name leads to.
func (d *oddFolder) actual(name string) (string, error) {
	if strings.ContainsAny(name, d.o.refuses) {
		return "", syscall.ENOENT
	}
	if d.o.limit > 0 && len(name) > d.o.limit {
		return "", syscall.ENAMETOOLONG
	}
	if d.o.tail {
		name = strings.TrimRight(name, ". ")
	}
	if _, err := d.Dir.Lstat(name); err == nil || !d.o.folds {
		return name, nil
	}
	names, err := list(d.Dir)
	if err != nil {
		return "", err
	}
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return n, nil
		}
	}
	return name, nil
}

func (d *oddFolder) walk(path string) (*oddFolder, string, error) {
	at := d
	for {
		element, rest, more := strings.Cut(path, "/")
		name, err := at.actual(element)
		if err != nil || !more {
			return at, name, err
		}
		next, err := at.Dir.OpenDir(name)
		if at != d {
			at.Dir.Close()
		}
		if err != nil {
			return d, "", err
		}
		at, path = &oddFolder{next, d.o}, rest
	}
}

func (d *oddFolder) OpenDir(path string) (fsys.Dir, error) {
	d.o.mu.Lock()
	defer d.o.mu.Unlock()
	at, name := d, ""
	if path != "" {
		var err error
		if at, name, err = d.walk(path); err != nil {
			return nil, err
		}
		if at != d {
			defer at.Dir.Close()
		}
	}
	e, err := at.Dir.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return &oddFolder{e, d.o}, nil
}

func (d *oddFolder) OpenFile(path string) (fsys.File, fsys.Stat, error) {
	d.o.mu.Lock()
	defer d.o.mu.Unlock()
	at, name, err := d.walk(path)
	if err == fsys.ErrNotDir {
		err = fsys.ErrNotFile
	}
	if err != nil {
		return nil, fsys.Stat{}, err
	}
	if at != d {
		defer at.Dir.Close()
	}
	return at.Dir.OpenFile(name)
}

func (d *oddFolder) OpenSeen(path string) (fsys.File, fsys.Stat, error) { return d.OpenFile(path) }

func (d *oddFolder) CreatePrivate(name string) (f fsys.File, err error) {
	err = d.do(name, func(n string) (err error) { f, err = d.Dir.CreatePrivate(n); return err })
	return f, err
}

func (d *oddFolder) Attribute(name, attr string, buf []byte) (n int, err error) {
	if name == "" {
		return d.Dir.Attribute(name, attr, buf)
	}
	err = d.do(name, func(disk string) (err error) {
		n, err = d.Dir.Attribute(disk, attr, buf)
		return err
	})
	return n, err
}

func (d *oddFolder) do(name string, f func(actual string) error) error {
	d.o.mu.Lock()
	defer d.o.mu.Unlock()
	actual, err := d.actual(name)
	if err != nil {
		return err
	}
	return f(actual)
}

func (d *oddFolder) Lstat(path string) (st fsys.Stat, err error) {
	d.o.mu.Lock()
	defer d.o.mu.Unlock()
	at, name, err := d.walk(path)
	if err != nil {
		return st, err
	}
	if at != d {
		defer at.Dir.Close()
	}
	return at.Dir.Lstat(name)
}

func (d *oddFolder) Create(name string) (f fsys.File, err error) {
	err = d.do(name, func(n string) (err error) { f, err = d.Dir.Create(n); return err })
	return f, err
}

func (d *oddFolder) OpenLock(name string) (f fsys.File, err error) {
	err = d.do(name, func(n string) (err error) { f, err = d.Dir.OpenLock(n); return err })
	return f, err
}

func (d *oddFolder) Mkdir(name string, m fs.FileMode) error {
	return d.do(name, func(n string) error { return d.Dir.Mkdir(n, m) })
}

func (d *oddFolder) Unlink(name string) error { return d.do(name, d.Dir.Unlink) }
func (d *oddFolder) Rmdir(name string) error  { return d.do(name, d.Dir.Rmdir) }

func (d *oddFolder) Rename(name string, to fsys.Dir, newname string) error {
	return d.move(name, to, newname, d.Dir.Rename)
}

func (d *oddFolder) RenameNoReplace(name string, to fsys.Dir, newname string) error {
	return d.move(name, to, newname, d.Dir.RenameNoReplace)
}

func (d *oddFolder) Exchange(name string, to fsys.Dir, newname string) error {
	return d.move(name, to, newname, d.Dir.Exchange)
}

func (d *oddFolder) move(
	name string, to fsys.Dir, newname string, rename func(string, fsys.Dir, string) error,
) error {
	t := to.(*oddFolder)
	return d.do(name, func(from string) error {
		dest, err := t.actual(newname)
		if err != nil {
			return err
		}
		return rename(from, t.Dir, dest)
	})
}

// oddDisks has the kinds of odd disks that are in use.
func oddDisks() map[string]func() fsys.FS {
	odd := func(o *oddFS) func() fsys.FS {
		o.FS = fsys.OS()
		return func() fsys.FS { return o }
	}
	slow := &hookFS{FS: fsys.OS(), times: coarse, noXattr: true}
	return map[string]func() fsys.FS{
		"folds":   odd(&oddFS{folds: true}),
		"refuses": odd(&oddFS{refuses: `<>:"\|?*`, tail: true}),
		"short":   odd(&oddFS{limit: 143}),
		"FAT": func() fsys.FS {
			return &oddFS{
				FS:      slow,
				folds:   true,
				refuses: `<>:"\|?*`,
				tail:    true,
			}
		},
	}
}

// openOdd opens a bucket in the folder on the file systems of sys.
func openOdd(t *testing.T, sys fsys.FS, dir string) files.Bucket {
	t.Helper()
	be, err := open(dir, &Options{NoSync: true}, sys)
	if err != nil {
		t.Fatal(err)
	}
	b := driver.New(be)
	t.Cleanup(func() { b.Close() })
	return b
}
