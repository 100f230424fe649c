package crashfs

import (
	"io/fs"
	"os"

	"cloudfiles.dev/drivers/local/internal/fsys"
)

// file is an open file of the layer below.
type file struct {
	fs    *FS
	below fsys.File
}

func (f *file) do(k Kind, name string, data []byte, do func() error) error {
	return f.fs.hook(&Op{
		Kind: k,
		File: f.below,
		Name: name,
		Data: data,
	}, do)
}

func (f *file) Read(p []byte) (n int, err error) {
	err = f.do(Read, "", nil, func() (err error) { n, err = f.below.Read(p); return err })
	return n, err
}

func (f *file) ReadAt(p []byte, off int64) (n int, err error) {
	err = f.do(ReadAt, "", nil, func() (err error) { n, err = f.below.ReadAt(p, off); return err })
	return n, err
}

// Write passes p to the hook. A hook that returns an error may have written a part of
// it to the file below.
func (f *file) Write(p []byte) (n int, err error) {
	err = f.do(Write, "", p, func() (err error) { n, err = f.below.Write(p); return err })
	return n, err
}

func (f *file) Stat() (st fsys.Stat, err error) {
	err = f.do(StatFile, "", nil, func() (err error) { st, err = f.below.Stat(); return err })
	return st, err
}

func (f *file) StatBirth() (st fsys.Stat, err error) {
	err = f.do(StatFile, "", nil, func() (err error) { st, err = f.below.StatBirth(); return err })
	return st, err
}

func (f *file) Getxattr(name string, buf []byte) (n int, err error) {
	err = f.do(Getxattr, name, nil, func() (err error) {
		n, err = f.below.Getxattr(name, buf)
		return err
	})
	return n, err
}

func (f *file) Setxattr(name string, value []byte) error {
	return f.do(Setxattr, name, value, func() error { return f.below.Setxattr(name, value) })
}

func (f *file) SetModTime(ns int64) error {
	return f.do(SetModTime, "", nil, func() error { return f.below.SetModTime(ns) })
}

func (f *file) Data(off, size int64) (from, to int64) { return f.below.Data(off, size) }
func (f *file) MoveTo(off int64) error                { return f.below.MoveTo(off) }

// SetSize has the kind of CopyRange, since it ends a copy.
func (f *file) SetSize(size int64) error {
	return f.do(CopyRange, "", nil, func() error { return f.below.SetSize(size) })
}

func (f *file) SetMode(p fs.FileMode) error { return f.below.SetMode(p) }
func (f *file) SetOwner(uid, gid int) error { return f.below.SetOwner(uid, gid) }

func (f *file) Clone(src fsys.File) error {
	return f.do(Clone, "", nil, func() error { return f.below.Clone(src.(*file).below) })
}

func (f *file) CopyRange(src fsys.File, n int64) (m int64, err error) {
	err = f.do(CopyRange, "", nil, func() (err error) {
		m, err = f.below.CopyRange(src.(*file).below, n)
		return err
	})
	return m, err
}

// AppendOnly has no hook, since Write's effect is the same.
func (f *file) AppendOnly() { f.below.AppendOnly() }

// Guard, Guarded and Unguard have no hook, since they change nothing.
func (f *file) Guard(numbered bool) (fsys.Stat, error) { return f.below.Guard(numbered) }
func (f *file) Guarded() bool                          { return f.below.Guarded() }
func (f *file) Unguard()                               { f.below.Unguard() }

// StartSync has no hook, since it promises nothing.
func (f *file) StartSync() { f.below.StartSync() }

func (f *file) Sync() error { return f.do(SyncFile, "", nil, f.below.Sync) }

func (f *file) TryLock(off int64) error {
	return f.do(TryLock, "", nil, func() error { return f.below.TryLock(off) })
}

func (f *file) Unlock(off int64) error {
	return f.do(Unlock, "", nil, func() error { return f.below.Unlock(off) })
}

// OSFile returns a file without hooks.
func (f *file) OSFile(name string) *os.File {
	f.fs.open.Add(-1)
	return f.below.OSFile(name)
}

func (f *file) Close() error {
	f.fs.open.Add(-1)
	return f.below.Close()
}
