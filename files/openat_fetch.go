package files

import (
	"context"
	"io"

	"cloudfiles.dev/files/internal/blockcache"
	"cloudfiles.dev/files/internal/each"
)

// directSize is the number of bytes from which on a read goes straight to its buffer.
const directSize = 256 << 10

// maxBlocked is the largest size of a file whose blocks are kept. No file is larger: a
// service that reports such a size is wrong, and numbers of blocks could overflow.
const maxBlocked = 1 << 62

// open opens a part of the file and counts the request.
func (f *File) open(ctx context.Context, r Range) (*Reader, error) {
	f.mu.Lock()
	changed := f.changed
	f.mu.Unlock()
	if changed != nil {
		return nil, changed
	}
	f.counts.requests.Add(1)
	body, err := f.at.open(ctx, r)
	f.countMore(body)
	return body, err
}

// countMore counts the requests that a body takes beside its first, once it is closed.
func (f *File) countMore(r *Reader) {
	if r == nil {
		return
	}
	before := r.onClose
	r.onClose = func() {
		f.counts.requests.Add(more(r))
		if before != nil {
			before()
		}
	}
}

func more(r *Reader) int64 { return max(r.Requests()-1, 0) }

// readFull fills p from a body and counts what came.
func (f *File) readFull(r *Reader, p []byte) (int, error) {
	n, err := io.ReadFull(r, p)
	f.counts.bytes.Add(int64(n))
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = f.fail(errorf(ErrCorrupt, "the body ended %d bytes early", len(p)-n))
	}
	return n, err
}

// exact reads p in a request of its own, without the memory for blocks.
func (f *File) exact(p []byte, off int64) (int, error) {
	r, err := f.open(f.ctx, Bytes(off, int64(len(p))))
	if err != nil {
		return 0, err
	}
	defer r.Close()
	return f.readFull(r, p)
}

// fetch gets the bytes at off, which are in no block, from a stream that reaches them
// or by a new request. It fills the beginning of p, or puts blocks into memory and
// returns 0.
func (f *File) fetch(p []byte, off int64) (int, error) {
	if f.size > maxBlocked {
		return f.exact(p, off)
	}
	large := len(p) >= directSize
	s, opened := f.streamFor(off, large)
	switch {
	case s == nil && large:
		return f.exact(p, off)
	case s == nil:
		return f.fetchBlocks(p, off)
	case !opened:
		// A large read doesn't wait for another: it is one of several at a time.
		if !s.take(f.ctx, !large) {
			if f.ctx.Err() != nil {
				return 0, f.fail(contextError(f.ctx))
			}
			return f.exact(p, off)
		}
	}
	returned := false
	defer func() {
		if !returned { // the body panicked, and what it would return next isn't known
			f.drop(s)
		}
		s.give()
	}()
	n, err := f.fetchFrom(s, opened, p, off)
	returned = true
	return n, err
}

// fetchFrom fetches from a stream of which the caller has the token.
func (f *File) fetchFrom(s *stream, opened bool, p []byte, off int64) (int, error) {
	if opened {
		if err := f.begin(s); err != nil {
			return 0, err
		}
	}
	if !s.reaches(off) || !f.blocks.Missing(off/blockcache.Size) {
		return 0, nil // another read has fetched them meanwhile
	}
	return f.advance(s, p, off)
}

// fetchBlocks reads the blocks of p, and further ones up to the size of the window.
func (f *File) fetchBlocks(p []byte, off int64) (int, error) {
	count := (f.size + blockcache.Size - 1) / blockcache.Size
	first := off / blockcache.Size
	last := (off + int64(len(p)) + blockcache.Size - 1) / blockcache.Size
	lo, hi := first, count
	if tail := max(f.size-tailSize, 0) / blockcache.Size; first >= tail {
		for lo > tail && f.blocks.Missing(lo-1) {
			lo--
		}
	} else {
		end := (off + f.takeWindow() + blockcache.Size - 1) / blockcache.Size
		hi = min(max(last, end), count)
	}
	fl := f.blocks.Begin(lo, hi, f.size)
	if fl == nil || fl.Hi <= first {
		if fl != nil {
			fl.End(nil, errNotRead)
		}
		if !f.blocks.Missing(first) {
			return 0, nil
		}
		return f.exact(p, off) // all memory is being read into
	}
	var broken each.BrokenOff
	fl.Start(f.ctx, func(ctx context.Context, bufs [][]byte) (err error) {
		whole := false
		defer func() {
			if !whole { // a hook panicked or called runtime.Goexit
				broken.By(recover())
				err = errNotRead
			}
		}()
		err = f.readBlocks(ctx, fl.Lo, bufs)
		whole = true
		return err
	})
	err, ended := fl.Wait(f.ctx)
	if !ended {
		return 0, f.fail(contextError(f.ctx))
	}
	broken.Resume()
	return 0, err
}

// readBlocks reads the blocks from number first on.
func (f *File) readBlocks(ctx context.Context, first int64, bufs [][]byte) error {
	from := first * blockcache.Size
	r, err := f.open(ctx, Bytes(from, min(int64(len(bufs))*blockcache.Size, f.size-from)))
	if err != nil {
		return err
	}
	defer r.Close()
	for _, p := range bufs {
		if _, err := f.readFull(r, p); err != nil {
			return err
		}
	}
	return nil
}

var errNotRead = errorf(ErrUnavailable, "another caller's read of the same bytes did not finish")

// takeWindow returns how many bytes a read at a new place fetches at least, and halves
// that for the next read, down to one block.
func (f *File) takeWindow() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.window
	if f.window /= 2; f.window < blockcache.Size {
		f.window = 1
	}
	return n
}

// used notes that a read has used a block that was fetched in advance.
func (f *File) used(off int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.ends {
		if e.leads(off) {
			f.window = maxWindow
			return
		}
	}
}

// track is a place where recent reads have gone forward.
type track struct {
	end   int64 // of the last read
	reads int   // number of reads; 0 is none
	bytes int64 // that they read
}

// leads reports whether a read at off begins where they ended, or a little after that.
func (t *track) leads(off int64) bool {
	return t.reads > 0 && t.end <= off && off-t.end <= nearSize
}

const nearSize = 2 * blockcache.Size

// ended notes a read, so that the next read can be found to continue it.
func (f *File) ended(off, n int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.ends {
		if e := &f.ends[i]; e.leads(off) {
			e.end, e.reads, e.bytes = off+n, e.reads+1, e.bytes+n
			return
		}
	}
	f.ends[f.nextEnd] = track{off + n, 1, n}
	f.nextEnd = (f.nextEnd + 1) % len(f.ends)
}
