package files

import "io"

// writeBytes is WriteTo without a buffer. It still writes in pieces, and checks the
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

// writeViews is WriteTo for what was read in advance, without a copy.
func (r *Reader) writeViews(b viewBody, w io.Writer) (int64, error) {
	buf := copyBuffers.Get().(*[]byte)
	defer copyBuffers.Put(buf)
	var total int64
	for {
		p, err := r.view(b, *buf)
		if len(p) > 0 {
			m, werr := w.Write(p)
			total += int64(m)
			if werr != nil {
				return total, werr
			}
			if m < len(p) {
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

// view is Read into buf, or into the body's own memory.
func (r *Reader) view(b viewBody, buf []byte) ([]byte, error) {
	if err := r.begin(); err != nil {
		return nil, err
	}
	defer r.cutOff()
	if r.remaining == 0 {
		return nil, r.end(r.finish())
	}
	stop := func(_ int, err error) error { return err }
	if r.timeout > 0 {
		stop = r.startTimeout()
	}
	p, err := b.View(buf[:min(int64(len(buf)), r.remaining)])
	n, err := r.got(p, stop(len(p), err))
	return p[:n], err
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
