package files

import (
	"context"
	"io"
	"io/fs"
	"os"
)

// PutFile stores the regular file at path on disk, and follows links to it. The content
// type is found by name, not by path (P6). If the file is changed while it is read, as
// its size and modification time show, PutFile is ErrChanged and stores nothing.
//
// Errors: those of Put; those of opening the file (errors.Is finds fs.ErrNotExist and
// fs.ErrPermission); ErrInvalid if path is a directory, a device or a pipe.
func PutFile(ctx context.Context, b Bucket, name, path string, opts *PutOptions) (Info, error) {
	ctx, b = given(ctx, b)
	if err := CheckName(name); err != nil { // before the disk is touched
		return Info{}, newError(OpPut, name, err)
	}
	// Opening a pipe would wait for its writer.
	if fi, err := os.Stat(path); err == nil && !fi.Mode().IsRegular() {
		return Info{}, newError(OpPut, name, notRegular(fi))
	}
	f, err := os.Open(path)
	if err != nil {
		return Info{}, newError(OpPut, name, onDisk(err))
	}
	defer f.Close()
	info, _, err := putOpened(ctx, b, name, f, opts)
	return info, err
}

// onDisk adds to an error that it is the file on disk that is missing or refused, not
// the one in the bucket.
func onDisk(err error) error {
	if kind := KindOf(err); kind != nil {
		return explained(kind, err, "on disk: "+clean(err))
	}
	return err
}

func notRegular(fi fs.FileInfo) error {
	if fi.IsDir() {
		return invalid("the path leads to a directory, not to a file")
	}
	return invalid("the path doesn't lead to a regular file")
}

// putOpened stores an open file with its size declared.
func putOpened(ctx context.Context, b Bucket, name string, f fs.File,
	opts *PutOptions) (Info, int64, error) {
	before, err := f.Stat()
	if err != nil {
		return Info{}, 0, newError(OpPut, name, onDisk(err))
	}
	if !before.Mode().IsRegular() {
		return Info{}, 0, newError(OpPut, name, notRegular(before))
	}
	s := &steady{file: f, before: before}
	var content io.Reader = s
	if seeker, ok := f.(io.Seeker); ok {
		content = &seekableSteady{s, seeker}
	}
	info, err := b.Put(ctx, name, content, withSize(opts, before.Size()))
	return info, before.Size(), err
}

// steady reads a file from its beginning. If the file was changed meanwhile, it returns
// ErrChanged in place of the end.
type steady struct {
	file   fs.File
	before fs.FileInfo
	pos    int64
}

func (s *steady) Read(p []byte) (int, error) {
	n, err := s.file.Read(p)
	s.pos += int64(n)
	if s.pos > s.before.Size() {
		return 0, errChangedOnDisk
	}
	if err == io.EOF {
		after, serr := s.file.Stat()
		if serr != nil {
			return 0, serr
		}
		if s.pos != s.before.Size() || after.Size() != s.before.Size() ||
			!after.ModTime().Equal(s.before.ModTime()) {
			return 0, errChangedOnDisk
		}
	}
	return n, err
}

var errChangedOnDisk = errorf(ErrChanged, "the file on disk was changed while it was stored")

// seekableSteady keeps a file seekable, for layers that retry.
type seekableSteady struct {
	*steady
	seeker io.Seeker
}

func (s *seekableSteady) Seek(offset int64, whence int) (int64, error) {
	pos, err := s.seeker.Seek(offset, whence)
	if err == nil {
		s.pos = pos
	}
	return pos, err
}
