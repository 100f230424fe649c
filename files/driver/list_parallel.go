package driver

import (
	"context"
	"iter"

	"cloudfiles.dev/files"
)

// ParallelLister is an optional interface of a Backend that lists in pages, each by a
// request, so that several requests at a time are faster than one after the other. New
// then carries out files.ListOptions.Parallel: after some pages it divides a listing,
// and calls List for several sections at the same time. The StartAfter of a section is
// a name or another string that may lie between two names. It has no control
// characters. List must be in order (Features.Ordered).
type ParallelLister interface {
	Backend
	// ListPage returns how many entries one request returns at most, or 0 if listings
	// are never divided. It makes no request.
	ListPage() int
	// ListsFrom reports whether a listing that begins after a name costs no more than
	// its own pages. It is called once in a long listing, with the latest name, and may
	// make one request to find out.
	ListsFrom(ctx context.Context, req ListRequest, name string) bool
}

const (
	// plainPages is how many pages a listing has before it is divided.
	plainPages = 3
	// sectionPages is how many pages a section should have. Each section may cost one
	// request that a plain listing doesn't make: its last page can reach into the next
	// section.
	sectionPages = 4
	// pagesPerExtra is how many pages must have come for each such request.
	pagesPerExtra = 3
	// pagesAhead is how many pages of up to 1000 entries can wait for their turn, for
	// each connection.
	pagesAhead = 5
	// maxParallel is the largest number of connections of one listing.
	maxParallel = 256
)

// entries lists the backend's entries, in sections if the options and the backend allow
// it.
func (b *bucket) entries(ctx context.Context, req ListRequest,
	parallel int) iter.Seq2[files.Entry, error] {
	lister, ok := b.backend.(ParallelLister)
	if parallel < 2 || !ok || req.Shallow || req.Limit > 0 || !b.feat().Ordered {
		return b.backend.List(ctx, req)
	}
	page := lister.ListPage()
	if req.PageSize > 0 {
		page = min(page, req.PageSize)
	}
	if page <= 0 {
		return b.backend.List(ctx, req)
	}
	return func(yield func(files.Entry, error) bool) {
		d := newDivision(ctx, lister, req, page, min(parallel, maxParallel))
		d.req.Foreign = b.feat().ForeignKeys // so that a section of them alone ends
		defer d.close()
		if d.front(yield) {
			d.rest(yield)
		}
		d.close()
		d.broken.Resume() // a panic in a section that was not needed after all
	}
}

// front lists the first section in the caller's goroutine. Until the listing is divided
// it yields each entry as it comes. It returns whether other sections follow.
func (d *division) front(yield func(files.Entry, error) bool) (more bool) {
	s := d.sections[0]
	n, tried := 0, false
	for e, err := range d.lister.List(d.ctx, d.req) {
		switch {
		case err != nil && e.Name+e.Key == "":
			if d.divided && !d.flush(s, yield) {
				return false
			}
			yield(e, err)
			return false
		case !d.divided:
			if n++; !tried {
				s.note(e, d.stride)
			}
			if !d.shows(e) {
				e = files.Entry{}
			}
			if (d.shows(e) || err != nil) && !yield(e, err) || err != nil {
				return false
			}
			if n >= plainPages*d.page && e.Name != "" && !tried {
				tried = true
				if d.lister.ListsFrom(d.ctx, d.req, e.Name) {
					d.begin(s, n)
				}
			}
			continue
		case s.isPast(e):
			return d.flush(s, yield)
		}
		s.add(e, d.page)
		if err != nil {
			if d.flush(s, yield) {
				yield(files.Entry{}, err)
			}
			return false
		}
		if len(s.page) >= d.page && !d.flush(s, yield) {
			return false
		}
		if s.over {
			return true
		}
	}
	if d.divided {
		d.mu.Lock()
		s.whole = true
		d.mu.Unlock()
		d.flush(s, yield)
	}
	return false
}

// flush yields the page of the first section.
func (d *division) flush(s *section, yield func(files.Entry, error) bool) bool {
	d.mu.Lock()
	page := d.take(s)
	d.changed()
	d.mu.Unlock()
	return d.yield(page, yield)
}

// shows reports whether the entry is not a raw key, or if those are wanted.
func (d *division) shows(e files.Entry) bool { return d.foreign || e.Name != "" }

// yield yields a page.
func (d *division) yield(page []files.Entry, yield func(files.Entry, error) bool) bool {
	for _, e := range page {
		if d.shows(e) && !yield(e, nil) {
			return false
		}
	}
	return true
}

// rest yields the sections after the first, one after the other.
func (d *division) rest(yield func(files.Entry, error) bool) {
	d.mu.Lock()
	d.leave(d.sections[0])
	d.mu.Unlock()
	for {
		page, err, more := d.next()
		if !d.yield(page, yield) {
			return
		}
		if err != nil {
			yield(files.Entry{}, err)
			return
		}
		if !more {
			return
		}
	}
}
