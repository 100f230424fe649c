package files

import (
	"io"
	"math"

	"cloudfiles.dev/files/internal/blockcache"
)

// ReadAt reads len(p) bytes from offset off, in bytes. It returns fewer only with an
// error, which is io.EOF at the end. It doesn't move the position of Read and Seek.
func (f *File) ReadAt(p []byte, off int64) (int, error) {
	if f == nil {
		return 0, errNilReader
	}
	if err := f.failure(); err != nil {
		return 0, err
	}
	switch {
	case off < 0:
		return 0, f.fail(invalid("negative offset %d", off))
	case len(p) == 0:
		return 0, nil
	case off >= f.size:
		return 0, io.EOF
	}
	want := p[:min(int64(len(p)), f.size-off)]
	n, err := f.readAt(want, off)
	if err == nil && n < len(p) {
		err = io.EOF
	}
	return n, err
}

// readAt fills p, which lies inside the file.
func (f *File) readAt(p []byte, off int64) (n int, err error) {
	if f.direct != nil {
		n, err = f.direct.readAt(p, off)
		return n, f.noted(err)
	}
	fetched := 0 // without progress
	for n < len(p) {
		m, fresh, flight := f.blocks.Copy(p[n:], off+int64(n))
		if fresh {
			f.used(off + int64(n))
		}
		var err error
		switch {
		case flight != nil:
			err, ended := flight.Wait(f.ctx)
			if !ended {
				return n, f.noted(f.fail(contextError(f.ctx)))
			}
			if err == nil {
				continue
			}
			// The request of another reader failed: make a request for this read.
			m, err = f.exact(p[n:], off+int64(n))
			if err != nil {
				return n + m, f.noted(err)
			}
		case m == 0 && fetched > 2: // other reads need the memory more
			m, err = f.exact(p[n:], off+int64(n))
		case m == 0:
			m, err = f.fetch(p[n:], off+int64(n))
			fetched++
		}
		if m > 0 {
			n += m
			fetched = 0
		}
		if err != nil {
			return n, f.noted(err)
		}
	}
	f.ended(off, int64(n))
	return n, nil
}

// Read reads from where the last Read or Seek stopped. ErrCorrupt stays until a Seek to
// another place, because reading the rest by itself would hide that the whole doesn't
// match its digest.
func (f *File) Read(p []byte) (int, error) {
	if f == nil {
		return 0, errNilReader
	}
	if err := f.failure(); err != nil {
		return 0, err
	}
	if f.stuck != nil {
		return 0, f.stuck
	}
	if len(p) == 0 && f.pos < f.size {
		return 0, nil
	}
	if f.pos >= f.size {
		return 0, f.atEnd()
	}
	p = p[:min(int64(len(p)), f.size-f.pos)]
	var (
		n   int
		err error
	)
	if d := f.direct; d != nil && d.off+d.n-d.remaining == f.pos && d.remaining > 0 {
		n, err = d.Read(p) // checked against the digest (G6)
		err = f.noted(err)
	} else {
		n, err = f.readSome(p)
	}
	f.pos += int64(n)
	if KindOf(err) == ErrCorrupt {
		f.stuck = err
	}
	if n > 0 && err == io.EOF {
		err = nil
	}
	return n, err
}

// atEnd returns io.EOF, unless an empty file isn't what its digest says.
func (f *File) atEnd() error {
	if d := f.direct; d != nil && d.n == 0 && f.size == 0 {
		_, err := d.Read(nil)
		return err
	}
	return io.EOF
}

// readSome reads what it can without waiting for more than one piece.
func (f *File) readSome(p []byte) (int, error) {
	if f.direct != nil {
		return f.readAt(p, f.pos)
	}
	if n, ok, err := f.readOn(p); ok {
		return n, f.noted(err)
	}
	if len(p) < directSize {
		// A block at most, so that a reader gets what has come.
		p = p[:min(int64(len(p)), blockcache.Size-f.pos%blockcache.Size)]
	}
	return f.readAt(p, f.pos)
}

// Seek sets where the next Read begins, which may be beyond the end. It makes no
// request.
//
// Errors: ErrInvalid for an unknown whence and for a place before the beginning; ErrClosed.
func (f *File) Seek(offset int64, whence int) (int64, error) {
	if f == nil {
		return 0, errNilReader
	}
	if f.isClosed() {
		return 0, f.fail(ErrClosed)
	}
	from := int64(0)
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		from = f.pos
	case io.SeekEnd:
		from = f.size
	default:
		return 0, f.fail(invalid("unknown whence %d", whence))
	}
	if offset > math.MaxInt64-from {
		return 0, f.fail(invalid("seek by %d from %d, beyond any file", offset, from))
	}
	if offset += from; offset < 0 {
		return 0, f.fail(invalid("seek to %d, before the beginning", offset))
	}
	if offset != f.pos {
		f.stuck = nil
	}
	f.pos = offset
	return offset, nil
}

// WriteTo copies the rest of the file, from the position of Read, to w, in pieces of 1
// MiB.
func (f *File) WriteTo(w io.Writer) (int64, error) {
	switch {
	case f == nil:
		return 0, errNilReader
	case w == nil:
		return 0, f.fail(invalid("the writer is nil"))
	}
	start := f.pos
	n, err := copyPieces(w, f, f.size-f.pos)
	f.pos = start + n // if w took less than was read
	return n, err
}
