package gcs

import (
	"errors"
	"io"
	"sync"

	"cloudfiles.dev/files/driver"
)

// payload is what a request sends: text, a part of an upload, and text. Each attempt
// reads it through its own requestBody.
type payload struct {
	before, after string
	part          *driver.Part // or nil
	from          int64        // the offset in the part at which it begins, in bytes
}

func (p *payload) size() int64 {
	n := int64(len(p.before) + len(p.after))
	if p.part != nil {
		n += p.part.Size - p.from
	}
	return n
}

func (p *payload) body() *requestBody {
	b := &requestBody{before: p.before, after: p.after}
	if p.part != nil {
		b.part = p.part.Body()
		b.part.Seek(p.from, io.SeekStart) // fails only after End
	}
	return b
}

// requestBody is a payload as one request sends it. A transport may continue to read it
// after its request has failed, so it is ended before the part's memory is released.
type requestBody struct {
	mu            sync.Mutex
	before, after string
	part          *driver.PartBody // or nil
	over          bool
	prev          *requestBody // the transport's previous body for the same request
}

var errBodyEnded = errors.New("the request has ended")

// Read fills p as far as possible, because the transport sends each Read as a packet.
func (b *requestBody) Read(p []byte) (n int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over {
		return 0, errBodyEnded
	}
	if b.before != "" {
		n = copy(p, b.before)
		b.before = b.before[n:]
	}
	for b.part != nil && b.part.Len() > 0 && n < len(p) {
		m, err := b.part.Read(p[n:])
		if n += m; err != nil {
			return n, err
		}
	}
	if n < len(p) {
		m := copy(p[n:], b.after)
		b.after = b.after[m:]
		n += m
	}
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// whole reports whether the body was read to its end.
func (b *requestBody) whole() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.before == "" && b.after == "" && (b.part == nil || b.part.Len() == 0)
}

// end waits for a Read in progress and makes later ones fail.
func (b *requestBody) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over = true
	if b.part != nil {
		b.part.End()
	}
}

func (b *requestBody) Close() error { return nil }
