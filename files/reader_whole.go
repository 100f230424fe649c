package files

import (
	"io"
	"iter"
	"os"
	"sync"
)

// copySize is the unit in which WriteTo reads: large enough to reach the speed of a
// disk or a network.
const copySize = 1 << 20

// smallCopySize is the unit for what is shorter.
const smallCopySize = 64 << 10

var (
	copyBuffers  = sync.Pool{New: func() any { b := make([]byte, copySize); return &b }}
	smallBuffers = sync.Pool{New: func() any { b := make([]byte, smallCopySize); return &b }}
)

// WriteTo copies the rest of the body to w, in pieces of a MiB. If nothing is to be
// checked, the operating system copies from file to file.
func (r *Reader) WriteTo(w io.Writer) (int64, error) {
	if r == nil || r.body == nil {
		return 0, errNilReader
	}
	if w == nil {
		return 0, NewError(OpGet, r.name, invalid("the writer is nil"))
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
	return copyPieces(w, r, r.remaining)
}

// copyPieces copies r, which has so many bytes, to w in pieces. It returns how many w
// took.
func copyPieces(w io.Writer, r io.Reader, size int64) (int64, error) {
	pool := &copyBuffers
	if size < copySize {
		pool = &smallBuffers
	}
	buf := pool.Get().(*[]byte)
	defer pool.Put(buf)
	var total int64
	for {
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

// copyToFile copies in pieces, and looks at the context between them.
func (r *Reader) copyToFile(b fileBody, f *os.File) (total int64, err error) {
	const piece = 64 << 20
	defer r.cutOff()
	for r.remaining > 0 {
		if err := r.begin(); err != nil {
			if err == io.EOF {
				err = nil
			}
			return total, err
		}
		n, err := b.CopyTo(f, min(r.remaining, piece))
		if n < 0 || n > r.remaining {
			return total, r.end(errImpossible(int(n)))
		}
		total += n
		r.remaining -= n
		if n == 0 && err == nil {
			err = Errorf(ErrCorrupt, "content ended %d bytes early", r.remaining)
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

// ReadAll reads the rest of the body into memory: bound what you read with a Range or
// by Len. The memory grows with what arrives, not with the length that a service
// reports.
func (r *Reader) ReadAll() ([]byte, error) {
	if r == nil {
		return nil, errNilReader
	}
	p, err := r.readFull(nil, r.remaining)
	if err == nil || err == io.EOF {
		// The end is read as well, so that whatever follows the last byte is reported.
		if _, err = r.Read(nil); err == io.EOF {
			err = nil
		}
	}
	return p, err
}

// ReadString is ReadAll with the content as a string.
func (r *Reader) ReadString() (string, error) {
	b, err := r.ReadAll()
	return string(b), err
}

// ReadN reads the next n bytes, or all that are left of the body if there are fewer. At
// the end it returns io.EOF.
func (r *Reader) ReadN(n int) ([]byte, error) {
	switch {
	case r == nil:
		return nil, errNilReader
	case n < 0:
		return nil, NewError(OpGet, r.name, invalid("negative count %d", n))
	case n > 0 && r.remaining == 0:
		_, err := r.Read(nil)
		return nil, err
	}
	p, err := r.readFull(nil, min(int64(n), r.remaining))
	return p, kept(p, err)
}

// kept keeps an error until after the bytes that came before it: the next call returns
// it.
func kept(p []byte, err error) error {
	if len(p) > 0 {
		return nil
	}
	return err
}

// The length of a part of a body is only a service's word. So the memory for it is at
// most trusted at once, and grows by the factor grows as more arrives.
const (
	trusted = 8 << 20
	grows   = 4
)

// readFull reads n bytes into p's memory, or into more memory if needed. Its errors are
// those of io.ReadFull.
func (r *Reader) readFull(p []byte, n int64) ([]byte, error) {
	size := n
	if size > int64(cap(p)) {
		size = min(n, max(trusted, int64(cap(p))))
	}
	if p == nil || int64(cap(p)) < size {
		p = make([]byte, size)
	}
	p = p[:size]
	m, err := io.ReadFull(r, p)
	for err == nil && int64(m) < n {
		bigger := make([]byte, min(n, grows*int64(m)))
		copy(bigger, p)
		p = bigger
		var more int
		more, err = io.ReadFull(r, p[m:])
		if m += more; err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
	}
	return p[:m], err
}

// Next returns the next chunk of ChunkSize bytes. The last chunk may be shorter; after
// it, Next returns io.EOF. The chunk is valid until the next call.
func (r *Reader) Next() ([]byte, error) { return r.next(ChunkSize) }

func (r *Reader) next(size int) ([]byte, error) {
	if r == nil {
		return nil, errNilReader
	}
	// Take no more memory than there is content.
	chunk, err := r.readFull(r.chunk, min(int64(size), max(r.remaining, 1)))
	if cap(chunk) > 0 {
		r.chunk = chunk[:0]
	}
	if err = kept(chunk, err); err != nil {
		return nil, err
	}
	return chunk, nil
}

// Chunks iterates over the rest of the body in chunks of size bytes; a size of 0 or
// less means ChunkSize. The last chunk may be shorter. A chunk is valid until the next.
// An error ends the loop; the end of the file is not an error.
func (r *Reader) Chunks(size int) iter.Seq2[[]byte, error] {
	if size <= 0 {
		size = ChunkSize
	}
	return func(yield func([]byte, error) bool) {
		returned := true
		if r != nil {
			defer r.breaksOff(&returned)
		}
		for yield != nil {
			chunk, err := r.next(size)
			if err == io.EOF {
				return
			}
			returned = false
			more := yield(chunk, err)
			returned = true
			if !more || err != nil {
				return
			}
		}
	}
}
