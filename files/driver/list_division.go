package driver

import (
	"context"
	"sync"
	"sync/atomic"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/internal/each"
)

// division is a listing in sections: consecutive ranges of names, of which several are
// listed at the same time. The caller's goroutine yields them in order. Each section
// after the first has a goroutine, and one more looks for places to divide sections.
//
// A section's goroutine waits after each page until it may go on: at most workers of
// them list at a time, those first whose names come first, and at most window pages
// wait to be yielded. The section that is being yielded goes on if no page of it waits,
// so a lack of room never causes a deadlock.
type division struct {
	ctx     context.Context // of the sections; ends with close
	cancel  context.CancelFunc
	lister  ParallelLister
	req     ListRequest // with raw keys, if there can be any
	foreign bool        // they are yielded
	page    int         // entries of a page
	stride  int         // one name of each stride is noted
	workers int
	window  int
	divided bool // read and written by the caller's goroutine

	wg     sync.WaitGroup
	broken each.BrokenOff

	mu       sync.Mutex
	cond     sync.Cond     // for everything below
	sections []*section    // those that are not yet yielded, in order
	running  int           // sections that are being listed
	waiting  int           // pages that wait to be yielded
	fetched  int           // entries
	extra    int           // requests that a plain listing may not make
	dirs     [maxDepth]int // that have begun, by their depth
	known    map[string]*siblings
	blind    bool // directories can't be listed
	closed   bool
}

// section is a range of names.
type section struct {
	after string                 // exclusive
	end   atomic.Pointer[string] // inclusive; the next section's after, or nil
	page  []files.Entry          // its goroutine's: the page that is being read

	// guarded by division.mu
	state sectionState
	pages [][]files.Entry
	err   error // comes after the pages
	over  bool  // names after its end were listed
	whole bool  // there are no names after it
	n     int   // entries
	grown int   // n when it was divided last
	stuck int   // n+1 when no place to divide it was found
	sampler
}

type sectionState int

const (
	sectionNew     sectionState = iota // has no goroutine yet
	sectionWaiting                     // waits until it may go on
	sectionRunning
	sectionDone
)

func newDivision(ctx context.Context, lister ParallelLister, req ListRequest,
	page, workers int) *division {
	d := &division{
		foreign: req.Foreign,
		lister:  lister,
		req:     req,
		page:    page,
		stride:  max(1, page/16),
		workers: workers,
		window:  max(2*workers, workers*pagesAhead*1000/max(1000, page)),
		known:   map[string]*siblings{},
	}
	d.ctx, d.cancel = context.WithCancel(ctx)
	d.cond.L = &d.mu
	d.sections = []*section{{after: req.StartAfter, state: sectionRunning}}
	return d
}

// begin starts to divide the listing; the caller's goroutine has listed n entries.
func (d *division) begin(s *section, n int) {
	d.divided = true
	s.n, d.fetched, d.running, d.dirs = n, n, 1, s.now.dirs
	d.guarded(d.plan)
}

// guarded calls f in a goroutine. If f panics, the panic is raised in the caller's
// goroutine.
func (d *division) guarded(f func()) {
	d.wg.Go(func() {
		whole := false
		defer func() {
			if !whole {
				d.broken.By(recover())
				d.mu.Lock()
				d.closed = true
				d.cond.Broadcast()
				d.mu.Unlock()
			}
		}()
		f()
		whole = true
	})
}

// close ends all goroutines and waits for them.
func (d *division) close() {
	d.cancel()
	if !d.divided {
		return
	}
	d.mu.Lock()
	d.closed = true
	d.cond.Broadcast()
	d.mu.Unlock()
	d.wg.Wait()
}

// isPast reports whether the entry belongs to a later section. For a raw key, only
// the name after it decides, because a key that can't be decoded says nothing about its
// place.
func (s *section) isPast(e files.Entry) bool {
	end := s.end.Load()
	return end != nil && e.Name > *end
}

// add adds an entry to the page that is being read.
func (s *section) add(e files.Entry, page int) {
	if s.page == nil {
		s.page = make([]files.Entry, 0, min(page, 1000))
	}
	s.page = append(s.page, e)
}

// take ends the page that was read, and returns the part of it that belongs to the
// section, which may have been divided meanwhile. If a raw key comes last and seems to
// be after the section's end, it waits for the next name.
func (d *division) take(s *section) []files.Entry {
	page := s.page
	s.page = nil
	if end := s.end.Load(); end != nil && !s.whole {
		i := 0
		for i < len(page) && page[i].Name <= *end {
			i++
		}
		s.over = i < len(page)
		for i > 0 && page[i-1].Name == "" && page[i-1].Key > *end {
			i--
		}
		if s.over = s.over || len(page)-i >= d.page; !s.over {
			s.page = append(s.page, page[i:]...)
		}
		page = page[:i]
	}
	before := s.now.dirs
	for _, e := range page {
		s.note(e, d.stride)
	}
	for i, n := range s.now.dirs {
		d.dirs[i] += n - before[i]
	}
	s.n += len(page)
	d.fetched += len(page)
	return page
}

// work lists a section in its goroutine.
func (d *division) work(s *section) {
	req := d.req
	req.StartAfter = s.after
	var end error
	past := false
	for e, err := range d.lister.List(d.ctx, req) {
		if past = s.isPast(e); past {
			break
		}
		if e.Name+e.Key != "" {
			s.add(e, d.page)
		}
		if end = err; err != nil {
			break
		}
		if len(s.page) >= d.page && !d.turn(s) {
			return
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	s.whole = !past && end == nil
	d.keep(s)
	s.err = end
	d.leave(s)
}

// turn ends a page and waits until the section may go on. It returns false if it must
// not.
func (d *division) turn(s *section) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.keep(s)
	if s.over {
		d.leave(s)
		return false
	}
	s.state = sectionWaiting
	d.running--
	d.changed()
	for s.state == sectionWaiting && !d.closed {
		d.cond.Wait()
	}
	return !d.closed
}

// keep adds the page to those that wait.
func (d *division) keep(s *section) {
	if page := d.take(s); len(page) > 0 {
		s.pages = append(s.pages, page)
		d.waiting++
	}
}

// leave ends the listing of a section.
func (d *division) leave(s *section) {
	s.state = sectionDone
	d.running--
	d.changed()
}

// changed lets the sections that may do so go on, and wakes whoever waits.
func (d *division) changed() {
	for i, s := range d.sections {
		if d.closed || d.running >= d.workers {
			break
		}
		if s.state > sectionWaiting || !d.hasRoom(i) {
			continue
		}
		if s.state == sectionNew {
			d.guarded(func() { d.work(s) })
		}
		s.state = sectionRunning
		d.running++
	}
	d.cond.Broadcast()
}

// hasRoom reports whether a page of the i-th section may be listed. Some room is kept
// for the sections that are yielded next.
func (d *division) hasRoom(i int) bool {
	room := d.window - d.waiting - d.running
	return room > d.workers || i <= 2 && room > 0 || i == 0 && len(d.sections[0].pages) == 0
}

// next returns the next page, or the error that ends the listing. The caller's section is
// the first that is not done. There always is one: the last section ends the listing.
func (d *division) next() (page []files.Entry, err error, more bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for {
		s := d.sections[0]
		switch {
		case len(s.pages) > 0:
			page, s.pages[0] = s.pages[0], nil
			s.pages = s.pages[1:]
			d.waiting--
			d.changed()
			return page, nil, true
		case s.state == sectionDone && (s.err != nil || s.whole):
			return nil, s.err, false
		case s.state == sectionDone:
			d.sections = d.sections[1:]
			d.changed()
		case d.closed: // a goroutine has panicked
			d.mu.Unlock()
			d.close()
			d.mu.Lock()
			d.broken.Resume()
		default:
			d.cond.Wait()
		}
	}
}
