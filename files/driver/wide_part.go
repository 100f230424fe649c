package driver

import (
	"context"
	"sync"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/internal/each"
)

// partBuffer is the unit of a part's memory, which grows with what arrives (G2).
const partBuffer = 256 << 10

var partBuffers = sync.Pool{New: func() any { b := make([]byte, partBuffer); return &b }}

// part is a part of a wideBody that is read in advance. Its fields are guarded by the
// body's mu, except from, size and body.
type part struct {
	from, size int64
	body       *resumingBody
	cancel     context.CancelFunc
	broken     each.BrokenOff

	opening  bool // no byte has come
	fetching bool // its request may still write to buffers
	dropped  bool
	err      error
	buffers  []*[]byte
	came     int64
	taken    int64
}

func newPart(ctx context.Context, from *source, off, size int64) *part {
	ctx, cancel := context.WithCancel(ctx)
	return &part{
		from:     off,
		size:     size,
		cancel:   cancel,
		opening:  true,
		fetching: true,
		body: &resumingBody{
			ctx:  ctx,
			from: from,
			off:  off,
			left: size,
		},
	}
}

func (p *part) end() int64 { return p.from + p.size }

// ready returns how many bytes can be taken.
func (p *part) ready() int64 { return p.came - p.taken }

// view returns bytes that can be taken, of one buffer.
func (p *part) view() []byte {
	i, from := p.taken/partBuffer, p.taken%partBuffer
	return (*p.buffers[i])[from:min(partBuffer, from+p.ready())]
}

// take takes n bytes of the view, and returns the buffer if no bytes are left in it.
func (p *part) take(n int) (passed *[]byte) {
	i := p.taken / partBuffer
	p.taken += int64(n)
	if p.taken%partBuffer == 0 || p.taken == p.size && !p.fetching {
		passed, p.buffers[i] = p.buffers[i], nil
	}
	return passed
}

// drop ends the part's request.
func (p *part) drop() {
	p.dropped = true
	p.cancel()
	p.body.Close()
}

// fetch reads a part, in a goroutine of its own.
func (w *wideBody) fetch(p *part) {
	defer w.bucket.release()
	defer p.cancel()
	err := errPartBroke
	defer func() {
		if err == errPartBroke {
			p.broken.By(recover())
		}
		p.body.Close()
		w.mu.Lock()
		p.err, p.opening, p.fetching = err, false, false
		if p.dropped {
			w.window.Give(p.size)
		}
		w.wake.Broadcast()
		w.mu.Unlock()
	}()
	err = w.receive(p)
}

var errPartBroke = Errorf(files.ErrUnavailable, "reading a part did not finish")

func errImpossible(n int) error {
	return Errorf(files.ErrUnavailable,
		"a Read of the body returned the impossible count %d", n)
}

// receive reads the part's bytes as they come.
func (w *wideBody) receive(p *part) error {
	var buf []byte
	for got := int64(0); got < p.size; {
		if len(buf) == 0 {
			b := partBuffers.Get().(*[]byte)
			buf = (*b)[:min(partBuffer, p.size-got)]
			w.mu.Lock()
			p.buffers = append(p.buffers, b)
			w.mu.Unlock()
		}
		n, err := p.body.Read(buf)
		if n < 0 || n > len(buf) {
			return errImpossible(n)
		}
		buf = buf[n:]
		got += int64(n)
		w.mu.Lock()
		p.came = got
		p.opening = p.opening && n == 0
		if w.waits && !p.dropped && len(w.parts) > 0 && w.parts[0] == p {
			w.wake.Signal()
		}
		w.mu.Unlock()
		if err != nil && got < p.size {
			return err
		}
	}
	return nil
}
