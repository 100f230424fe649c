package files

import (
	"context"
	"io"
	"slices"
	"sync/atomic"
	"time"

	"cloudfiles.dev/files/internal/blockcache"
)

const (
	// skipSize is how many bytes a stream reads and keeps to get to a place, rather than
	// making a request for it.
	skipSize = 128 << 10
	// maxStreams is how many places of a File are followed.
	maxStreams = 8
	// idleTime is how long a stream that nobody reads from stays open.
	idleTime = 2 * time.Second
)

// stream is the body of a request for the rest of the file, for reads that go forward.
type stream struct {
	token chan struct{} // for the reader who has it
	r     *Reader       // nil while it is being opened
	at    atomic.Int64  // offset of r; changed only with the token
	over  atomic.Bool   // there is nothing to read any more
	stays bool          // until the File is closed
	last  atomic.Int64  // when it was used, in nanoseconds
	timer *time.Timer
}

// take acquires the right to read. Without wait, it gives up if another reader has it.
func (s *stream) take(ctx context.Context, wait bool) bool {
	select {
	case <-s.token:
		return true
	default:
	}
	if !wait {
		return false
	}
	select {
	case <-s.token:
		return true
	case <-ctx.Done():
		return false
	}
}

func (s *stream) give() {
	s.last.Store(time.Now().UnixNano())
	s.token <- struct{}{}
}

// reaches reports whether off can be read from the stream, or will be soon.
func (s *stream) reaches(off int64) bool {
	at := s.at.Load()
	return !s.over.Load() && at <= off && off-at <= skipSize
}

// end marks the stream as over, and returns the body to close. The caller holds the
// File's mu.
func (s *stream) end() *Reader {
	s.over.Store(true)
	if s.timer != nil {
		s.timer.Stop()
	}
	return s.r
}

// streamFor returns a stream that reaches off. If none does, but reads have gone
// forward to off, it returns a new stream, whose token the caller has.
func (f *File) streamFor(off int64, large bool) (s *stream, opened bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.streams {
		if s.reaches(off) {
			return s, false
		}
	}
	if f.closed || !f.goesOn(off) {
		return nil, false
	}
	s = &stream{token: make(chan struct{}, 1)}
	if !large {
		off -= off % blockcache.Size
	}
	s.at.Store(off)
	if len(f.streams) >= maxStreams {
		f.evict()
	}
	f.streams = append(f.streams, s)
	return s, true
}

// goesOn reports whether reads have gone forward for a while to a little before off. If
// only one read has, it may be near by chance: then there is no stream, and more blocks
// are fetched at once. The caller holds mu.
func (f *File) goesOn(off int64) bool {
	for _, e := range f.ends {
		if !e.leads(off) {
			continue
		}
		if e.reads > 1 && e.bytes >= blockcache.Size/2 || e.bytes >= headSize {
			return true
		}
		f.window = min(2*max(f.window, blockcache.Size), maxWindow)
	}
	return false
}

// evict closes the least recently used stream, unless it is in use. The caller holds
// mu.
func (f *File) evict() {
	var oldest *stream
	for _, s := range f.streams {
		if !s.stays && (oldest == nil || s.last.Load() < oldest.last.Load()) {
			oldest = s
		}
	}
	if oldest != nil && oldest.take(f.ctx, false) {
		f.streams = slices.DeleteFunc(f.streams, func(s *stream) bool { return s == oldest })
		oldest.end().Close()
		oldest.token <- struct{}{}
	}
}

// drop closes a stream and forgets it.
func (f *File) drop(s *stream) {
	f.mu.Lock()
	f.streams = slices.DeleteFunc(f.streams, func(o *stream) bool { return o == s })
	r := s.end()
	f.mu.Unlock()
	r.Close()
}

// begin makes the request of a new stream.
func (f *File) begin(s *stream) error {
	r, err := f.open(f.ctx, From(s.at.Load()))
	if err != nil {
		f.drop(s)
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	s.r = r
	if f.closed {
		r.Close()
		return f.fail(ErrClosed)
	}
	f.window = maxWindow
	s.last.Store(time.Now().UnixNano())
	s.timer = time.AfterFunc(idleTime, func() { f.idle(s) })
	return nil
}

// idle closes a stream that nobody reads from.
func (f *File) idle(s *stream) {
	since := time.Duration(time.Now().UnixNano() - s.last.Load())
	if since < idleTime || !s.take(f.ctx, false) {
		f.mu.Lock()
		defer f.mu.Unlock()
		if !s.over.Load() {
			s.timer.Reset(max(idleTime-since, idleTime/4))
		}
		return
	}
	f.drop(s)
	s.token <- struct{}{}
}

// readOn reads from a stream whose offset is the position, as bytes come, or from the
// beginning that the first body brought. ok is false if there is neither. What is read
// in this way isn't kept in blocks: a caller that reads forward returns only to the
// beginning, as http.ServeContent does, and the File keeps that.
func (f *File) readOn(p []byte) (n int, ok bool, err error) {
	if f.pos < int64(len(f.head)) {
		return copy(p, f.head[f.pos:]), true, nil
	}
	f.mu.Lock()
	i := slices.IndexFunc(f.streams, func(s *stream) bool {
		return s.at.Load() == f.pos && (s.stays || f.pos >= headSize)
	})
	if i < 0 || !f.streams[i].take(f.ctx, false) {
		f.mu.Unlock()
		return 0, false, nil
	}
	s := f.streams[i]
	f.mu.Unlock()
	defer s.give()
	if s.at.Load() != f.pos || s.over.Load() {
		return 0, false, nil
	}
	n, err = s.r.Read(p)
	if short := f.size - f.pos - int64(n); err == io.EOF && short > 0 {
		err = f.fail(errorf(ErrCorrupt, "the body ended %d bytes early", short))
	}
	if more := min(n, headSize-len(f.head)); s.stays && f.pos == int64(len(f.head)) && more > 0 {
		f.head = append(f.head, p[:more]...)
	}
	f.counts.bytes.Add(int64(n))
	f.moved(s, int64(n), err)
	f.ended(f.pos, int64(n))
	return n, true, err
}

// advance reads forward to off, and then into p or into memory. The caller has the
// token. The blocks on the way are kept, because they may be read as well.
func (f *File) advance(s *stream, p []byte, off int64) (int, error) {
	for {
		at := s.at.Load()
		block := at / blockcache.Size
		begin, end := block*blockcache.Size, min((block+1)*blockcache.Size, f.size)
		switch {
		case at == off && int64(len(p)) >= end-at && (at == begin || len(p) >= directSize):
			n := int64(len(p))
			if at+n < f.size && n > end-at {
				n -= (at + n) % blockcache.Size // the rest goes through a block
			}
			return f.take(s, p[:n])
		case at == begin:
			if kept, err := f.takeBlock(s, block); err != nil {
				return 0, err
			} else if kept {
				if off < end {
					return 0, nil
				}
				continue
			}
		}
		if at == off {
			return f.take(s, p[:min(int64(len(p)), end-at)])
		}
		if err := f.skip(s, min(off, end)-at); err != nil {
			return 0, err
		}
	}
}

// take reads p from the stream.
func (f *File) take(s *stream, p []byte) (int, error) {
	n, err := f.readFull(s.r, p)
	f.moved(s, int64(n), err)
	return n, err
}

// takeBlock reads a block into memory, and reports whether there was memory for it.
func (f *File) takeBlock(s *stream, block int64) (bool, error) {
	fl := f.blocks.Begin(block, block+1, f.size)
	if fl == nil {
		return false, nil
	}
	bufs := fl.Buffers()
	done := false
	defer func() {
		if !done { // the body panicked
			fl.End(nil, errNotRead)
		}
	}()
	n, err := f.readFull(s.r, bufs[0])
	done = true
	fl.End(bufs, err)
	f.moved(s, int64(n), err)
	return true, err
}

// skip reads and discards n bytes, because they are in memory already or there is no
// memory.
func (f *File) skip(s *stream, n int64) error {
	m, err := io.CopyN(io.Discard, s.r, n)
	f.counts.bytes.Add(m)
	if err == io.EOF {
		err = f.fail(errorf(ErrCorrupt, "the body ended %d bytes early", n-m))
	}
	f.moved(s, m, err)
	return err
}

// moved notes the stream's new offset. At the end, and after an error, the stream is
// over.
func (f *File) moved(s *stream, n int64, err error) {
	if s.at.Add(n) >= f.size || err != nil {
		f.drop(s)
	}
}
