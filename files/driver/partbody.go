package driver

import (
	"errors"
	"hash"
	"io"
	"sync"
)

// PartBody is a part as the body of one request. A transport may still read a body
// after its request has failed, so the sender calls End before the part is released.
type PartBody struct {
	mu   sync.Mutex
	r    PartReader
	over bool
}

var _ io.ReadSeekCloser = (*PartBody)(nil)

// Body returns a new body of the part.
func (p *Part) Body() *PartBody { return &PartBody{r: PartReader{part: p}} }

var errBodyEnded = errors.New("the request has ended")

// Read reads the part. It fails after End.
func (b *PartBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over {
		return 0, errBodyEnded
	}
	return b.r.Read(p)
}

// WriteTo writes the rest of the body to w: to a hash without a copy, and otherwise
// through a buffer from the pool of parts, so that io.Copy allocates none. A transport
// that still writes after its request has ended holds that buffer, and not the part.
func (b *PartBody) WriteTo(w io.Writer) (total int64, err error) {
	if h, ok := w.(hash.Hash); ok {
		return b.sum(h)
	}
	buf := smallBlocks.Get().(*[]byte)
	defer smallBlocks.Put(buf)
	for {
		n, err := b.Read(*buf)
		m, werr := w.Write((*buf)[:n])
		total += int64(m)
		switch {
		case werr != nil:
			return total, werr
		case m < n:
			return total, io.ErrShortWrite
		case err == io.EOF:
			return total, nil
		case err != nil:
			return total, err
		}
	}
}

// sum writes what is left to the hash. End waits for it.
func (b *PartBody) sum(h hash.Hash) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over {
		return 0, errBodyEnded
	}
	return b.r.writeTo(h)
}

// Seek moves the body, so that it can be sent again.
func (b *PartBody) Seek(offset int64, whence int) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over {
		return 0, errBodyEnded
	}
	return b.r.Seek(offset, whence)
}

// Close does nothing: a body that is closed may be sent again.
func (b *PartBody) Close() error { return nil }

// Len returns how many bytes were not read yet, also after End. 0 means that the whole
// request may have been sent.
func (b *PartBody) Len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.r.Len()
}

// End waits for a Read in progress and prevents further ones.
func (b *PartBody) End() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over = true
}
