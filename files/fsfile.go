package files

import (
	"context"
	"errors"
	"io"
	"io/fs"
)

// fsFile is an open file of the io/fs view.
type fsFile struct {
	name string
	f    *File
}

var (
	_ io.ReadSeekCloser = (*fsFile)(nil)
	_ io.ReaderAt       = (*fsFile)(nil)
	_ io.WriterTo       = (*fsFile)(nil)
)

// openFile opens a file, from whose body the File reads on.
func (v *fsView) openFile(name string) (*fsFile, error) {
	ctx, cancel := context.WithCancel(v.ctx)
	r, err := v.b.Get(ctx, name, nil)
	if err != nil {
		cancel()
		return nil, err
	}
	at := pinned{b: v.b, name: name}
	if err := at.pin(r); err != nil {
		cancel()
		return nil, err
	}
	f := newFile(ctx, cancel, at, r)
	f.adopt(r)
	return &fsFile{name: name, f: f}, nil
}

func (f *fsFile) fail(op string, err error) error {
	if _, own := errors.AsType[*Error](err); !own {
		return err // the end, or a writer's error
	}
	return pathError(op, f.name, err)
}

// Stat returns what Open found, without a request.
func (f *fsFile) Stat() (fs.FileInfo, error) {
	if f.f.isClosed() {
		return nil, pathError("stat", f.name, newError(OpStat, f.name, ErrClosed))
	}
	info := f.f.Info()
	return fsInfo{entry: info.Entry, sys: info}, nil
}

func (f *fsFile) Close() error { return f.f.Close() }

func (f *fsFile) Read(p []byte) (int, error) {
	n, err := f.f.Read(p)
	return n, f.fail("read", err)
}

func (f *fsFile) WriteTo(w io.Writer) (int64, error) {
	n, err := f.f.WriteTo(w)
	return n, f.fail("read", err)
}

func (f *fsFile) Seek(offset int64, whence int) (int64, error) {
	n, err := f.f.Seek(offset, whence)
	return n, f.fail("seek", err)
}

func (f *fsFile) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.f.ReadAt(p, off)
	return n, f.fail("read", err)
}
