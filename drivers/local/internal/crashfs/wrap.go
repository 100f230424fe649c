package crashfs

import (
	"io/fs"
	"sync/atomic"

	"cloudfiles.dev/drivers/local/internal/fsys"
)

// FS is a file system layer with a hook around each operation.
type FS struct {
	below fsys.FS
	hook  Hook
	open  atomic.Int64
}

// Wrap puts the hook around every operation of below.
func Wrap(below fsys.FS, hook Hook) *FS { return &FS{below: below, hook: hook} }

// Open returns how many directories and files are open: 0 if the driver has closed all
// that it opened.
func (f *FS) Open() int64 { return f.open.Load() }

func (f *FS) OpenRoot(path string) (fsys.Dir, error) {
	op := &Op{Kind: OpenRoot, Name: path}
	return f.opened(op, func() (fsys.Dir, error) { return f.below.OpenRoot(path) })
}

// opened performs an operation that opens a directory. If the hook returns an error
// after the opening, it closes the directory.
func (f *FS) opened(op *Op, open func() (fsys.Dir, error)) (fsys.Dir, error) {
	err := f.hook(op, func() (err error) { op.Opened, err = open(); return err })
	if err != nil {
		if op.Opened != nil {
			op.Opened.Close()
		}
		return nil, err
	}
	f.open.Add(1)
	return &dir{fs: f, below: op.Opened}, nil
}

// openedFile does for a file what opened does for a directory.
func (f *FS) openedFile(op *Op, open func() (fsys.File, error)) (fsys.File, error) {
	err := f.hook(op, func() (err error) { op.OpenedFile, err = open(); return err })
	if err != nil {
		if op.OpenedFile != nil {
			op.OpenedFile.Close()
		}
		return nil, err
	}
	f.open.Add(1)
	return &file{fs: f, below: op.OpenedFile}, nil
}

func (f *FS) StatRoot(path string) (st fsys.Stat, err error) {
	err = f.hook(&Op{
		Kind: StatRoot,
		Name: path,
	}, func() (err error) { st, err = f.below.StatRoot(path); return err })
	return st, err
}

func (f *FS) MkdirAll(path string, perm fs.FileMode, sync bool) error {
	return f.hook(&Op{
		Kind: MkdirAll,
		Name: path,
	}, func() error { return f.below.MkdirAll(path, perm, sync) })
}

// dir is an open directory of the layer below.
type dir struct {
	fs    *FS
	below fsys.Dir
}

func (d *dir) OpenDir(path string) (fsys.Dir, error) {
	return d.fs.opened(&Op{
		Kind: OpenDir,
		Dir:  d.below,
		Name: path,
	}, func() (fsys.Dir, error) { return d.below.OpenDir(path) })
}

func (d *dir) OpenFile(path string) (f fsys.File, st fsys.Stat, err error) {
	f, err = d.fs.openedFile(&Op{
		Kind: OpenFile,
		Dir:  d.below,
		Name: path,
	}, func() (f fsys.File, err error) {
		f, st, err = d.below.OpenFile(path)
		return f, err
	})
	return f, st, err
}

// OpenSeen is the same operation as OpenFile.
func (d *dir) OpenSeen(path string) (f fsys.File, st fsys.Stat, err error) {
	f, err = d.fs.openedFile(&Op{
		Kind: OpenFile,
		Dir:  d.below,
		Name: path,
	}, func() (f fsys.File, err error) {
		f, st, err = d.below.OpenSeen(path)
		return f, err
	})
	return f, st, err
}

func (d *dir) Create(name string) (fsys.File, error) {
	return d.fs.openedFile(&Op{
		Kind: Create,
		Dir:  d.below,
		Name: name,
	}, func() (fsys.File, error) { return d.below.Create(name) })
}

func (d *dir) CreatePrivate(name string) (fsys.File, error) {
	return d.fs.openedFile(&Op{
		Kind: Create,
		Dir:  d.below,
		Name: name,
	}, func() (fsys.File, error) { return d.below.CreatePrivate(name) })
}

func (d *dir) CreateUnnamed() (fsys.File, error) {
	return d.fs.openedFile(&Op{Kind: CreateUnnamed, Dir: d.below}, d.below.CreateUnnamed)
}

func (d *dir) Link(f fsys.File, name string) error {
	below := f.(*file).below
	op := &Op{
		Kind: Link,
		Dir:  d.below,
		File: below,
		Name: name,
	}
	return d.fs.hook(op, func() error { return d.below.Link(below, name) })
}

// Modes and owners have no hook.
func (d *dir) SetMode(p fs.FileMode) error { return d.below.SetMode(p) }
func (d *dir) SetOwner(uid, gid int) error { return d.below.SetOwner(uid, gid) }

func (d *dir) Attribute(name, attr string, buf []byte) (int, error) {
	return d.below.Attribute(name, attr, buf)
}

func (d *dir) OpenLock(name string) (fsys.File, error) {
	return d.fs.openedFile(&Op{
		Kind: OpenLock,
		Dir:  d.below,
		Name: name,
	}, func() (fsys.File, error) { return d.below.OpenLock(name) })
}

func (d *dir) Lstat(name string) (st fsys.Stat, err error) {
	err = d.do(Lstat, name, func() (err error) { st, err = d.below.Lstat(name); return err })
	return st, err
}

func (d *dir) Stat() (st fsys.Stat, err error) {
	err = d.do(StatDir, "", func() (err error) { st, err = d.below.Stat(); return err })
	return st, err
}

func (d *dir) ReadDir(buf []byte, each func(name []byte, t fsys.Type)) (more bool, err error) {
	err = d.do(ReadDir, "", func() (err error) {
		more, err = d.below.ReadDir(buf, each)
		return err
	})
	return more && err == nil, err
}

func (d *dir) Rewind(tail bool) error { return d.below.Rewind(tail) }

func (d *dir) Kind() fsys.Kind { return d.below.Kind() }

func (d *dir) Mkdir(name string, perm fs.FileMode) error {
	return d.do(Mkdir, name, func() error { return d.below.Mkdir(name, perm) })
}

func (d *dir) Unlink(name string) error {
	return d.do(Unlink, name, func() error { return d.below.Unlink(name) })
}

func (d *dir) Rmdir(name string) error {
	return d.do(Rmdir, name, func() error { return d.below.Rmdir(name) })
}

func (d *dir) Sync() error { return d.do(SyncDir, "", d.below.Sync) }

func (d *dir) TryLock() error { return d.do(TryLockDir, "", d.below.TryLock) }
func (d *dir) Unlock() error  { return d.do(UnlockDir, "", d.below.Unlock) }
func (d *dir) Claim() error   { return d.do(Claim, "", d.below.Claim) }

func (d *dir) Claimed() (is bool, err error) {
	err = d.do(Claimed, "", func() (err error) { is, err = d.below.Claimed(); return err })
	return is, err
}

func (d *dir) Volume() fsys.Volume { return d.below.Volume() }

func (d *dir) do(k Kind, name string, f func() error) error {
	return d.fs.hook(&Op{Kind: k, Dir: d.below, Name: name}, f)
}

func (d *dir) Rename(name string, to fsys.Dir, newname string) error {
	t := to.(*dir).below
	op := &Op{
		Kind:    Rename,
		Dir:     d.below,
		To:      t,
		Name:    name,
		NewName: newname,
	}
	return d.fs.hook(op, func() error { return d.below.Rename(name, t, newname) })
}

func (d *dir) Exchange(name string, to fsys.Dir, newname string) error {
	t := to.(*dir).below
	op := &Op{
		Kind:    Exchange,
		Dir:     d.below,
		To:      t,
		Name:    name,
		NewName: newname,
	}
	return d.fs.hook(op, func() error { return d.below.Exchange(name, t, newname) })
}

func (d *dir) RenameNoReplace(name string, to fsys.Dir, newname string) error {
	t := to.(*dir).below
	op := &Op{
		Kind:    RenameNoReplace,
		Dir:     d.below,
		To:      t,
		Name:    name,
		NewName: newname,
	}
	return d.fs.hook(op, func() error { return d.below.RenameNoReplace(name, t, newname) })
}

func (d *dir) Close() error {
	d.fs.open.Add(-1)
	return d.below.Close()
}
