package mem

import (
	"context"
	"io"
	"iter"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Stat implements driver.Backend.
func (s *backend) Stat(_ context.Context, key driver.Key) (files.Info, error) {
	f, ok := s.get(key.Name)
	if !ok {
		return files.Info{}, files.ErrNotExist
	}
	return f.info(key.Name), nil
}

// Open implements driver.Backend.
func (s *backend) Open(_ context.Context, req driver.OpenRequest) (driver.Object, error) {
	f, ok := s.get(req.Key.Name)
	switch {
	case !ok:
		return driver.Object{}, files.ErrNotExist
	case req.IfVersion != "" && req.IfVersion != f.version:
		return driver.Object{}, files.ErrPrecondition
	case req.IfNotVersion != "" && req.IfNotVersion == f.version:
		return driver.Object{}, files.ErrNotModified
	}
	off, n := req.Range.Resolve(int64(len(f.data)))
	return driver.Object{
		Info:   f.info(req.Key.Name),
		Offset: off,
		Length: n,
		Body:   &body{rest: f.data[off : off+n], all: f.data},
	}, nil
}

// body reads the stored content itself. Close doesn't use rest, so it may be called at
// any time.
type body struct {
	rest []byte
	all  []byte // the whole file
}

func (b *body) Read(p []byte) (int, error) {
	if len(b.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// Take implements driver.BytesBody.
func (b *body) Take(n int) []byte {
	p := b.rest[:min(n, len(b.rest))]
	b.rest = b.rest[len(p):]
	return p
}

// ReadAt reads at any offset of the file, for files.OpenAt.
func (b *body) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= int64(len(b.all)) {
		return 0, io.EOF
	}
	n := copy(p, b.all[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Close does nothing, since a Read never waits.
func (b *body) Close() error { return nil }

// Immediate implements driver.ImmediateBody.
func (b *body) Immediate() {}

// List implements driver.Backend. It lists one snapshot.
func (s *backend) List(_ context.Context, req driver.ListRequest) iter.Seq2[files.Entry, error] {
	cursor := s.files.Snapshot().Cursor()
	return driver.ListSorted(req, func(start string) iter.Seq2[files.Entry, error] {
		return func(yield func(files.Entry, error) bool) {
			cursor.Seek(start)
			for name, f, ok := cursor.Next(); ok && yield(f.entry(name), nil); {
				name, f, ok = cursor.Next()
			}
		}
	})
}
