package files

import "io"

// writeBytes is WriteTo without a buffer. It still writes in pieces, and looks at the
// context between them.
func (r *Reader) writeBytes(b bytesBody, w io.Writer) (int64, error) {
	var total int64
	for {
		n, p, err := r.take(b)
		if n > 0 {
			m, werr := w.Write(p[:n])
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

// take is Read without a buffer: the caller gets the first n bytes of p.
func (r *Reader) take(b bytesBody) (n int, p []byte, err error) {
	if err := r.begin(); err != nil {
		return 0, nil, err
	}
	defer r.cutOff()
	if r.remaining == 0 {
		return 0, nil, r.end(r.finish())
	}
	if p = b.Take(int(min(r.remaining, copySize))); len(p) == 0 {
		err = io.EOF
	}
	n, err = r.got(p, err)
	return n, p, err
}
