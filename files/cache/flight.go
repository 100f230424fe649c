package cache

import (
	"io"
	"sync"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/each"
)

const (
	// ahead is how many parts a reader may be ahead of a download and still wait for
	// it. A reader that is further ahead begins another download.
	ahead = 8
	// unstored is how many parts that couldn't be stored a download keeps for slower
	// readers.
	unstored = 4
	// storeWait is how long the last byte of a download waits until everything is
	// stored, so that the next Get is a hit. If the store takes longer, nothing more of
	// the download is stored.
	storeWait = 10 * time.Second
	// closeWait is how long Close waits until the origin ends a Read.
	closeWait = time.Second
)

// part is a part of a file in memory, which a download fills. The bytes before n are
// final.
type part struct {
	f   *flight
	buf []byte
	n   int   // under the state's mu
	err error // of the download, after these bytes; under the state's mu
}

// flight is one download of consecutive parts of one version. It reads no further than
// readers need.
type flight struct {
	s        *state
	epoch    int64
	info     files.Info
	from     *source
	first    int64
	skip     int64 // bytes before the first part
	mayEvict bool
	ended    chan struct{} // closed when the origin's body is no longer read
	broken   each.BrokenOff
	slots    chan struct{} // one for each part that is being stored
	storing  sync.WaitGroup

	// The fields below are guarded by the state's mu.
	cond    *sync.Cond
	opening bool  // the origin's body isn't open yet
	next    int64 // the next part to read
	end     int64 // the part after the last
	demand  int64 // the offset up to which readers need the file
	parts   map[int64]*part
	kept    []int64 // parts that weren't stored

	lastStored bool // the last part was stored
	saved      bool // storing has ended
	store      bool
	over       bool // everything was read
	closed     bool
	err        error
}

func (s *state) newFlight(epoch int64, info files.Info, next, end int64) *flight {
	return &flight{
		s:     s,
		epoch: epoch,
		info:  info,
		first: next,
		next:  next,
		end:   end,
		parts: map[int64]*part{},
		cond:  sync.NewCond(&s.mu),
		ended: make(chan struct{}),
		slots: make(chan struct{}, 2),
		store: true,
	}
}

// take makes a flight of the body that a lookup has opened.
func (s *state) take(from *source, res *result, requested files.Range) {
	off, n := from.r.Offset(), from.r.Len()
	if n == 0 {
		from.close()
		return
	}
	first := parts(off)
	end := (off + n) / PartSize
	if off+n == res.info.Size {
		end = parts(res.info.Size)
	}
	f := s.newFlight(res.epoch, res.info, first, end)
	f.from, f.skip = from, first*PartSize-off
	f.mayEvict = s.c.mayEvict(requested.IsWhole(), n)
	s.mu.Lock()
	s.flights = append(s.flights, f)
	s.mu.Unlock()
	s.takeOff(f)
}

// takeOff starts the flight, which retains the state until everything is stored.
func (s *state) takeOff(f *flight) {
	s.c.opts.Stats.fetches.Add(1)
	s.c.retain(s)
	go f.run()
}

// mayEvict reports whether a download of n bytes may evict entries.
func (c *cache) mayEvict(whole bool, n int64) bool {
	return (whole || c.opts.RangesEvict) && n <= c.opts.MaxBytes/2
}

// run reads the parts that readers need, and stores them.
func (f *flight) run() {
	s := f.s
	whole := false
	var err error
	defer func() {
		if !whole {
			f.broken.By(recover())
			err = driver.Errorf(files.ErrUnavailable, "the download was interrupted")
		}
		f.from.r.Close()
		f.fail(err)
		f.storing.Wait()
		f.from.cancel(nil)
		s.c.release(s)
	}()
	if f.skip > 0 {
		_, err = io.CopyN(io.Discard, f.from.r, f.skip)
	}
	for err == nil {
		p, i := f.begin()
		if p == nil {
			break
		}
		if err = f.fill(p, i); err == nil {
			f.filled(p, i)
		}
	}
	if err == io.EOF {
		err = driver.Errorf(files.ErrCorrupt, "the content is shorter than its size")
	}
	if files.KindOf(err) == files.ErrCorrupt { // parts were stored before the check
		s.c.dropVersion(f.from.ctx, s.name, f.info.Version, f.next)
	}
	whole = true
}

// begin waits until a reader needs the next part. It returns nil at the end.
func (f *flight) begin() (*part, int64) {
	s := f.s
	s.mu.Lock()
	defer s.mu.Unlock()
	i := f.next
	if i >= f.end || !f.wanted(i*PartSize) {
		return nil, 0
	}
	p := &part{f: f, buf: make([]byte, min(PartSize, f.info.Size-i*PartSize))}
	f.parts[i] = p
	f.next++
	return p, i
}

// wanted waits until a reader needs the byte at off. It returns false if the flight is
// stopped before that. The caller holds mu.
func (f *flight) wanted(off int64) bool {
	for !f.closed && f.demand <= off {
		f.cond.Wait()
	}
	return !f.closed
}

// fill reads a part as far as readers need it. Readers get the bytes as they come, but
// the last byte of the file only when everything is stored.
func (f *flight) fill(p *part, i int64) error {
	last := 0
	if i == f.end-1 {
		last = 1
	}
	for n := 0; n < len(p.buf); {
		f.s.mu.Lock()
		wanted := f.wanted(i*PartSize + int64(n))
		f.s.mu.Unlock()
		if !wanted {
			return files.ErrClosed
		}
		k, err := f.from.r.Read(p.buf[n:])
		n += k
		f.s.c.opts.Stats.bytesFetched.Add(int64(k))
		if n == len(p.buf) {
			err = nil // the end comes with the next Read
		}
		f.s.mu.Lock()
		p.n = min(n, len(p.buf)-last)
		f.s.wake()
		f.s.mu.Unlock()
		if err != nil {
			return err
		}
	}
	if last == 0 {
		return nil
	}
	if _, err := f.from.r.Read(nil); err != io.EOF { // what follows the last byte
		return err
	}
	return nil
}

// filled stores a part that is complete.
func (f *flight) filled(p *part, i int64) {
	last := i == f.end-1
	if last {
		f.from.r.Close()
		f.finish()
	}
	if f.slot() {
		f.storing.Go(func() {
			defer func() { <-f.slots }()
			stored := false
			defer func() {
				if recover() != nil { // a panic of the store must not reach a caller
					f.s.c.opts.Stats.failed.Add(1)
				}
				f.done(i, stored)
			}()
			stored = f.s.put(f, i, p.buf)
		})
	} else {
		f.done(i, false)
	}
	if !last {
		return
	}
	f.wait() // until then readers get the last part from memory
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	p.n = len(p.buf)
	f.giveUp(i, f.lastStored)
}

// finish records that everything was read.
func (f *flight) finish() {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	if !f.over {
		f.over = true
		close(f.ended)
	}
}

// slot waits until another part may be stored. It returns false if storing has ended.
func (f *flight) slot() bool {
	f.s.mu.Lock()
	store := f.store
	f.s.mu.Unlock()
	if !store {
		return false
	}
	select {
	case f.slots <- struct{}{}:
		return true
	default:
	}
	t := time.NewTimer(storeWait)
	defer t.Stop()
	select {
	case f.slots <- struct{}{}:
		return true
	case <-t.C:
		f.s.mu.Lock()
		f.store = false
		f.s.mu.Unlock()
		return false
	}
}

// wait waits until everything is stored, for at most storeWait.
func (f *flight) wait() {
	stored := make(chan struct{})
	go func() {
		f.storing.Wait()
		close(stored)
	}()
	t := time.NewTimer(storeWait)
	defer t.Stop()
	select {
	case <-stored:
	case <-t.C:
	}
}

// done releases the memory of a stored part. The last few parts that couldn't be stored
// are kept for slower readers.
func (f *flight) done(i int64, stored bool) {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	if i == f.end-1 {
		f.lastStored = stored
		return
	}
	f.giveUp(i, stored)
}

func (f *flight) giveUp(i int64, stored bool) {
	defer f.s.wake()
	if !stored {
		if f.kept = append(f.kept, i); len(f.kept) <= unstored {
			return
		}
		i, f.kept = f.kept[0], f.kept[1:]
	}
	delete(f.parts, i)
	f.s.gone++
}

// fail ends the flight. Readers of a part that is not whole get the error.
func (f *flight) fail(err error) {
	f.finish()
	s := f.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.err = err; err == nil && f.closed {
		f.err = files.ErrClosed
	}
	for i, p := range f.parts {
		if f.err != nil && p.n < len(p.buf) {
			p.err = f.err
			delete(f.parts, i)
		}
	}
	f.saved = true
	if f.err != nil || !s.needs(f) {
		s.leave(f)
	}
	s.wake()
}
