package iofs

import (
	"context"
	"io"
	"io/fs"
	"os"
	"sync"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

func (s *source) Open(ctx context.Context, req driver.OpenRequest) (driver.Object, error) {
	path, _, err := s.file(req.Key)
	if err != nil {
		return driver.Object{}, err
	}
	f, fi, err := s.open(path)
	if err != nil {
		return driver.Object{}, err
	}
	o := driver.Object{Info: s.info(req.Key.Name, fi)}
	if o.Info.ContentType == "" {
		o.Info.ContentType, _ = s.sniff(path) // after an error the read below fails too
	}
	if err = s.version(ctx, &o.Info); err == nil {
		err = checkVersion(&req, o.Info.Version)
	}
	o.Offset, o.Length = req.Range.Resolve(fi.Size())
	var from io.Reader = f
	if err == nil && o.Length > 0 {
		from, err = seek(ctx, f, o.Offset, fi.Size())
	}
	if err != nil {
		f.Close()
		return driver.Object{}, cleaned(err)
	}
	o.Body = &body{
		file:   f,
		from:   from,
		before: fi,
		left:   o.Length,
	}
	return o, nil
}

func (s *source) open(path string) (fs.File, fs.FileInfo, error) {
	f, err := s.fsys.Open(path)
	if err != nil {
		return nil, nil, cleaned(err)
	}
	fi, err := f.Stat()
	switch {
	case err == nil && fi == nil:
		err = errNoInfo
	case err == nil && !fi.Mode().IsRegular():
		err = files.ErrNotExist
	case err == nil && fi.Size() < 0:
		err = driver.Errorf(files.ErrUnavailable, "the file system reports the size %d", fi.Size())
	}
	if err != nil {
		f.Close()
		return nil, nil, cleaned(err)
	}
	return f, fi, nil
}

// seek returns a reader of the file from the offset on.
func seek(ctx context.Context, f fs.File, offset, size int64) (io.Reader, error) {
	if offset == 0 {
		return f, nil
	}
	if s, ok := f.(io.Seeker); ok {
		if _, err := s.Seek(offset, io.SeekStart); err == nil {
			return f, nil
		}
	}
	if at, ok := f.(io.ReaderAt); ok {
		return io.NewSectionReader(at, offset, size-offset), nil
	}
	_, err := io.CopyN(io.Discard, &untilEnd{ctx, f}, offset)
	if err == io.EOF {
		err = errChanged
	}
	return f, err
}

// untilEnd is a reader that fails when the context ends.
type untilEnd struct {
	ctx context.Context
	r   io.Reader
}

func (u *untilEnd) Read(p []byte) (int, error) {
	if u.ctx.Err() != nil {
		return 0, driver.ContextError(u.ctx)
	}
	return u.r.Read(p)
}

// body reads a file, and returns ErrChanged in place of the end if the file has
// changed.
type body struct {
	file   fs.File
	from   io.Reader
	before fs.FileInfo
	left   int64

	mu              sync.Mutex
	reading, closed bool
}

func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return 0, files.ErrClosed
	}
	b.reading = true
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.reading = false; b.closed {
			b.file.Close()
		}
	}()
	return b.read(p)
}

func (b *body) read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, io.EOF
	}
	n, err := b.from.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	if err == io.EOF && b.left > 0 {
		return 0, errChanged
	}
	if err != nil && err != io.EOF {
		return n, cleaned(err)
	}
	if b.left == 0 {
		now, err := b.file.Stat()
		if err != nil {
			return 0, cleaned(err)
		}
		if now.Size() != b.before.Size() || !now.ModTime().Equal(b.before.ModTime()) {
			return 0, errChanged
		}
	}
	return n, nil
}

// Close closes the file. If a Read is in progress, only an *os.File is closed at once;
// any other file is closed when the Read returns.
func (b *body) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil
	}
	b.closed = true
	if _, ok := b.file.(*os.File); ok {
		b.reading = false
		return b.file.Close()
	}
	if b.reading {
		return nil
	}
	return b.file.Close()
}

var errChanged = driver.Errorf(files.ErrChanged, "the file was changed while it was read")
