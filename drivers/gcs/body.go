package gcs

import (
	"io"
	"sync/atomic"
)

// body is the content of a request, which can be sent again, and of which is known whether it was handed over to its end.
type body struct {
	content []byte
	off     int
	whole   atomic.Bool
}

func (b *body) rewind() {
	b.off = 0
	b.whole.Store(false)
}

func (b *body) Read(p []byte) (int, error) {
	if b.off == len(b.content) {
		b.whole.Store(true)
		return 0, io.EOF
	}
	n := copy(p, b.content[b.off:])
	if b.off += n; b.off == len(b.content) {
		b.whole.Store(true)
	}
	return n, nil
}

func (b *body) Close() error { return nil }
