//go:build !linux || osroot

package fsys

import (
	"errors"
	"io"
	"os"
	"time"
)

// file is an open file.
type file struct {
	f    *os.File
	root *os.Root
	path string
}

func (f *file) Read(p []byte) (int, error) {
	n, err := f.f.Read(p)
	return n, bare(err)
}

func (f *file) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.f.ReadAt(p, off)
	return n, bare(err)
}

func (f *file) Write(p []byte) (int, error) {
	n, err := f.f.Write(p)
	return n, bare(err)
}

func (f *file) Stat() (Stat, error) { return statFile(f.f) }

func (f *file) StatBirth() (Stat, error) { return f.Stat() }

// SetModTime uses the path, because package os can't set the times of an open file. The
// file must not have been renamed.
func (f *file) SetModTime(ns int64) error {
	return bare(f.root.Chtimes(f.path, time.Time{}, time.Unix(0, ns)))
}

func (f *file) Clone(File) error                      { return errors.ErrUnsupported }
func (f *file) CopyRange(File, int64) (int64, error)  { return 0, errors.ErrUnsupported }
func (f *file) Data(off, size int64) (from, to int64) { return off, size }
func (f *file) SetSize(size int64) error              { return bare(f.f.Truncate(size)) }

func (f *file) MoveTo(off int64) error {
	_, err := f.f.Seek(off, io.SeekStart)
	return bare(err)
}

func (f *file) Guard(bool) (Stat, error) { return Stat{}, errors.ErrUnsupported }

func (f *file) Guarded() bool          { return false }
func (f *file) Unguard()               {}
func (f *file) StartSync()             {}
func (f *file) Sync() error            { return bare(f.f.Sync()) }
func (f *file) OSFile(string) *os.File { return f.f }
func (f *file) Close() error           { return bare(f.f.Close()) }
