package cache

import (
	"context"
	"io"
	"sync/atomic"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// body is the body of one Get. It takes each part from a download that is in progress,
// from the store, or from a new download.
type body struct {
	s        *state
	ctx      context.Context
	cancel   context.CancelFunc
	opts     files.GetOptions
	requests atomic.Int64 // requests to the origin

	// The fields below are only used by Read.
	pos, end int64
	cur      *part  // a part of a download, or nil
	own      []byte // a part that was read from the store, or nil
	at       int64  // number of that part
	buf      []byte // the array of own

	// The fields below are guarded by the state's mu.
	pending bool // not yet begun
	counted bool
	closed  bool
	info    files.Info
	epoch   int64
	lo, hi  int64 // the parts that are still needed
	head    *opened
}

func newBody(ctx context.Context, s *state, o *files.GetOptions) *body {
	b := &body{
		s:       s,
		opts:    *o,
		at:      -1,
		pending: true,
	}
	b.ctx, b.cancel = context.WithCancel(ctx)
	s.mu.Lock()
	s.bodies[b] = struct{}{}
	s.mu.Unlock()
	return b
}

func (b *body) countRequest() { b.requests.Add(1) }

// Requests returns how many requests to the origin the body has made.
func (b *body) Requests() int64 { return b.requests.Load() }

// begin sets the version and the range that the body reads.
func (b *body) begin(res *result, off, n int64) {
	b.s.c.bodies(1)
	b.pos, b.end = off, off+n
	s := b.s
	s.mu.Lock()
	b.pending, b.counted = false, true
	b.info, b.epoch, b.head = res.info, res.epoch, res.head
	b.lo, b.hi = off/PartSize, parts(off+n)
	var unused *files.Reader
	if b.head != nil && (b.lo > 0 || n == 0) {
		unused, b.head = b.head.r, nil
	}
	stop := s.sweep()
	s.mu.Unlock()
	unused.Close()
	for _, f := range stop {
		f.stop()
	}
}

// Close ends a Read in progress, and the downloads that no other body needs.
func (b *body) Close() error {
	s := b.s
	s.mu.Lock()
	if b.closed {
		s.mu.Unlock()
		return nil
	}
	b.closed = true
	delete(s.bodies, b)
	head := b.head
	b.head = nil
	stop := s.sweep()
	s.mu.Unlock()
	b.cancel()
	if head != nil {
		head.r.Close()
	}
	for _, f := range stop {
		f.stop()
	}
	s.c.release(s)
	if b.counted {
		s.c.bodies(-1)
	}
	return nil
}

func (b *body) Read(p []byte) (int, error) {
	if b.pos >= b.end {
		return 0, io.EOF
	}
	if i := b.pos / PartSize; i != b.at {
		b.cur, b.own, b.at = nil, nil, -1
		if err := b.acquire(i); err != nil {
			return 0, err
		}
		b.at = i
	}
	have, err := b.available(b.pos % PartSize)
	if err != nil {
		return 0, err
	}
	n := copy(p, have[:min(int64(len(have)), b.end-b.pos)])
	b.pos += int64(n)
	return n, nil
}

// available returns the available bytes of the part from off on, at least one.
func (b *body) available(off int64) ([]byte, error) {
	if b.cur == nil {
		return b.own[off:], nil
	}
	s := b.s
	s.mu.Lock()
	defer s.mu.Unlock()
	for int64(b.cur.n) <= off {
		if err := b.cur.err; err != nil {
			defer b.cur.f.broken.Resume()
			return nil, err
		}
		b.cur.f.want(b.wants(b.at))
		if err := b.waitLocked(); err != nil {
			return nil, err
		}
	}
	return b.cur.buf[off:b.cur.n], nil
}

// waitLocked waits for a change. The caller holds the state's mu.
func (b *body) waitLocked() error {
	changed := b.s.changed
	b.s.mu.Unlock()
	defer b.s.mu.Lock()
	select {
	case <-changed:
		return nil
	case <-b.ctx.Done():
		return files.ErrClosed // the Reader turns it into its own error
	}
}

// acquire sets cur or own to a part.
func (b *body) acquire(i int64) error {
	s := b.s
	s.mu.Lock()
	defer s.mu.Unlock()
	b.lo = i
	var waited *flight
	missed := int64(-1) // value of gone when the store last didn't have the part
	for {
		if b.closed {
			return files.ErrClosed
		}
		p, from := s.inFlight(b, i)
		if p == nil && waited != nil && waited.failedBefore(i) {
			defer waited.broken.Resume()
			return waited.err
		}
		waited = from
		switch {
		case p != nil:
			b.cur = p
			return nil
		case from != nil:
			if err := b.waitLocked(); err != nil {
				return err
			}
		case missed != s.gone: // a part was stored since, or this is the first try
			missed = s.gone
			if b.loadLocked(i) {
				return nil
			}
		default:
			var err error
			if waited, err = b.downloadLocked(i); err != nil {
				return err
			}
		}
	}
}

// wants returns the offset up to which the body needs a part: one byte ahead if it will
// read the whole part anyway, and otherwise the whole part, so that it can be stored.
func (b *body) wants(i int64) int64 {
	end := min((i+1)*PartSize, b.info.Size)
	if b.end < end || b.pos > i*PartSize && !b.opts.Range.IsWhole() {
		return end
	}
	return max(b.pos, i*PartSize) + 1
}

// failedBefore reports whether the download failed before it had read the whole part. If
// it was stopped because no reader needed more of it, that is no failure, and the part
// may be in the store. The caller holds mu.
func (f *flight) failedBefore(i int64) bool {
	return f.err != nil && !f.closed && f.next <= i+1
}

// want makes the flight read up to the offset. The caller holds mu.
func (f *flight) want(to int64) {
	if f.demand < to {
		f.demand = to
		f.cond.Signal()
	}
}

// inFlight returns a part of a download, or a download that will reach it soon.
func (s *state) inFlight(b *body, i int64) (p *part, from *flight) {
	for _, f := range s.flights {
		if f.epoch != b.epoch || f.info.Version != b.info.Version || f.err != nil {
			continue
		}
		if p := f.parts[i]; p != nil {
			return p, f
		}
		if !f.closed && !f.over && f.next <= i && i < f.end && i < f.next+ahead {
			from = f
			f.want(b.wants(i))
		}
	}
	return nil, from
}

// downloadLocked begins a download from a part to the end of the body's range. The
// caller holds the state's mu.
func (b *body) downloadLocked(i int64) (*flight, error) {
	s := b.s
	o := b.opts
	o.IfNotVersion, o.ReadTimeout = "", 0
	o.IfVersion = b.info.Version
	o.Range = files.From(i * PartSize)
	if b.hi < parts(b.info.Size) {
		o.Range = files.Bytes(i*PartSize, (b.hi-i)*PartSize)
	}
	f := s.newFlight(b.epoch, b.info, i, b.hi)
	f.opening = true
	f.mayEvict = s.c.mayEvict(b.opts.Range.IsWhole(), b.end-b.pos)
	s.flights = append(s.flights, f)
	s.mu.Unlock()
	opened := false
	defer func() { // runs also if the origin panics
		s.mu.Lock()
		f.opening = false
		if !opened {
			s.leave(f)
		}
		s.wake()
	}()
	b.countRequest()
	var err error
	f.from, err = s.c.fetch(b.ctx, s.name, &o)
	if err != nil {
		if kind := files.KindOf(err); kind == files.ErrPrecondition || kind == files.ErrNotExist {
			err = driver.WithCause(files.ErrChanged, err,
				"the file was replaced or deleted while it was read")
		}
		return nil, err
	}
	info := f.from.r.Info()
	if off, n := o.Range.Resolve(b.info.Size); info.Version != b.info.Version ||
		info.Size != b.info.Size || f.from.r.Offset() != off || f.from.r.Len() != n {
		f.from.close()
		return nil, driver.WithCause(files.ErrChanged, nil,
			"the file was replaced while it was read")
	}
	opened = true
	s.takeOff(f)
	return f, nil
}

// loadLocked reads a part from the store. The caller holds the state's mu.
func (b *body) loadLocked(i int64) bool {
	head := b.head
	b.head = nil
	b.s.mu.Unlock()
	defer b.s.mu.Lock()
	if head != nil && i > 0 {
		head.r.Close()
		head = nil
	}
	return b.load(i, head)
}

func (b *body) load(i int64, e *opened) bool {
	c, name := b.s.c, b.s.name
	k := c.headKey(name)
	if i > 0 {
		k = c.partKey(name, b.info.Version, i)
	}
	if e == nil {
		if e = c.shelf.open(b.ctx, k); e == nil {
			return false
		}
	}
	defer e.r.Close()
	if i == 0 && e.Version != b.info.Version || i == 0 && e.Len == 0 {
		return false
	}
	if e.Origin != c.id || e.Name != name || e.Version != b.info.Version || e.Part != i ||
		e.Len != min(PartSize, b.info.Size-i*PartSize) {
		c.shelf.unusable(b.ctx, k, errDamaged)
		return false
	}
	data, err := e.data(b.buf)
	if err != nil {
		c.shelf.unusable(b.ctx, k, err)
		return false
	}
	b.own, b.buf = data, data
	c.opts.Stats.bytesServed.Add(e.Len)
	return true
}
