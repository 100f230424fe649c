package files

import (
	"io"
)

// ReadAll reads the rest of the body into memory. To bound the memory, open the body
// with a Range or check Len first. The memory grows with what arrives, not with the
// length that a service reports.
//
// Errors: those of Read. After an error, ReadAll also returns what was read before it.
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
//
// Errors: those of Read; ErrInvalid for a negative n. If bytes came before an error, ReadN
// returns the bytes with nil, and the next call returns the error.
func (r *Reader) ReadN(n int) ([]byte, error) {
	switch {
	case r == nil:
		return nil, errNilReader
	case n < 0:
		return nil, newError(OpGet, r.name, invalid("negative count %d", n))
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
