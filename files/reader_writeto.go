package files

import (
	"io"
	"os"
	"sync"
)

// copySize is the unit in which WriteTo reads: large enough to reach the speed of a
// disk or a network.
const copySize = 1 << 20

// smallCopySize is the unit for shorter bodies.
const smallCopySize = 64 << 10

var (
	copyBuffers  = sync.Pool{New: func() any { b := make([]byte, copySize); return &b }}
	smallBuffers = sync.Pool{New: func() any { b := make([]byte, smallCopySize); return &b }}
)

// WriteTo copies the rest of the body to w, in pieces of 1 MiB. If both are files of
// the operating system and there is no digest to check, the operating system makes the
// copy.
//
// Errors: those of Read; what w returned; ErrInvalid for a nil writer.
func (r *Reader) WriteTo(w io.Writer) (int64, error) {
	if r == nil || r.body == nil {
		return 0, errNilReader
	}
	if w == nil {
		return 0, newError(OpGet, r.name, invalid("the writer is nil"))
	}
	returned := false
	defer r.breaksOff(&returned)
	n, err := r.writeTo(w)
	returned = true
	return n, err
}

func (r *Reader) writeTo(w io.Writer) (int64, error) {
	if b, ok := r.body.(bytesBody); ok {
		return r.writeBytes(b, w)
	}
	if f, ok := w.(*os.File); ok && !r.check.on() && r.timeout <= 0 {
		if b, ok := r.body.(fileBody); ok {
			return r.copyToFile(b, f)
		}
	}
	if b, ok := r.body.(viewBody); ok {
		return r.writeViews(b, w)
	}
	return copyPieces(w, r, r.remaining)
}

// copyPieces copies r, which has size bytes, to w in pieces. It returns how many bytes
// w took. The pieces are large once a small one has come, so that a size which a service
// only claims costs no memory.
func copyPieces(w io.Writer, r io.Reader, size int64) (int64, error) {
	pool := &smallBuffers
	buf := pool.Get().(*[]byte)
	defer func() { pool.Put(buf) }()
	var total int64
	for {
		if pool == &smallBuffers && size >= copySize && total >= smallCopySize {
			pool.Put(buf)
			pool = &copyBuffers
			buf = pool.Get().(*[]byte)
		}
		n, err := r.Read(*buf)
		if n > 0 {
			m, werr := w.Write((*buf)[:n])
			total += int64(m)
			if werr != nil {
				return total, werr
			}
			if m < n {
				return total, io.ErrShortWrite
			}
		}
		if err == io.EOF {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}

// copyToFile copies in pieces, and checks the context between them.
func (r *Reader) copyToFile(b fileBody, f *os.File) (total int64, err error) {
	const piece = 64 << 20
	defer r.cutOff()
	for r.remaining > 0 {
		if err := r.begin(); err != nil {
			return total, err
		}
		n, err := b.CopyTo(f, min(r.remaining, piece))
		if n < 0 || n > r.remaining {
			return total, r.end(errImpossible(int(n)))
		}
		total += n
		r.remaining -= n
		if n > 0 {
			r.call.passed(n)
		}
		switch {
		case r.remaining == 0 && err == io.EOF:
			err = nil
		case n == 0 && err == nil, err == io.EOF:
			err = errorf(ErrCorrupt, "content ended %d bytes early", r.remaining)
		}
		if err = r.end(err); err != nil {
			return total, err
		}
	}
	if _, err = r.Read(nil); err == io.EOF { // even if nothing was left
		err = nil
	}
	return total, err
}
