package transfer

import (
	"context"
	"iter"
	"slices"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/each"
)

// A goroutine reads a listing ahead, so that both sides of a transfer are listed at the
// same time, and while files are copied. At most pagesAhead pages wait.
const (
	pageEntries = 256
	pagesAhead  = 4
)

// listing is one side of a merge: its entries in byte order of their names.
type listing struct {
	pages  chan page
	page   page
	at     int
	done   bool
	err    error
	broken each.BrokenOff
}

type page struct {
	entries []listed
	err     error // ends the listing
}

// listed is an entry and its name below the place's directory; "" for a raw key.
type listed struct {
	name  string
	entry files.Entry
}

// list begins a listing. Its goroutine ends with the context, or when the listing was
// read to its end. It may leave out directories for which skip returns true.
func list(ctx context.Context, p place, foreign bool, parallel int,
	skip func(dir string) bool) *listing {
	l := &listing{pages: make(chan page, pagesAhead)}
	go func() {
		defer close(l.pages)
		whole := false
		defer func() {
			if !whole {
				l.broken.By(recover())
			}
		}()
		l.run(ctx, p, files.ListOptions{
			Foreign:  foreign && p.features.ForeignKeys,
			Parallel: parallel,
		}, skip)
		whole = true
	}()
	return l
}

func (l *listing) run(ctx context.Context, p place, o files.ListOptions,
	skip func(dir string) bool) {
	var entries []listed
	send := func(err error) bool {
		select {
		case l.pages <- page{entries, err}:
			entries = make([]listed, 0, pageEntries)
			return true
		case <-ctx.Done():
			return false
		}
	}
	for e, err := range inOrder(p, below(ctx, p, o, skip)) {
		if err != nil {
			send(err)
			return
		}
		entries = append(entries, e)
		if len(entries) == pageEntries && !send(nil) {
			return
		}
	}
	send(nil)
}

// below lists the place, with names relative to its directory.
func below(ctx context.Context, p place, o files.ListOptions,
	skip func(dir string) bool) iter.Seq2[listed, error] {
	var skipFull func(string) bool
	if skip != nil {
		skipFull = func(dir string) bool {
			name, ok := p.below(strings.TrimSuffix(dir, "/"))
			return ok && skip(name)
		}
	}
	return func(yield func(listed, error) bool) {
		for e, err := range driver.ListSkipping(ctx, p.b, p.dir, &o, skipFull) {
			if err != nil {
				yield(listed{}, err)
				return
			}
			name, ok := p.below(e.Name)
			switch {
			case e.Name == "" && e.Key != "":
				ok = true
			case e.IsDir:
				continue
			}
			if !ok {
				yield(listed{}, wrong(p, "an entry outside of the directory", e.Name))
				return
			}
			if !yield(listed{name, e}, nil) {
				return
			}
		}
	}
}

// inOrder checks the order of a listing, which a merge relies on: a name that comes too
// late would look like a missing file. The listing of a bucket without an order is read
// to its end and sorted, in memory.
func inOrder(p place, entries iter.Seq2[listed, error]) iter.Seq2[listed, error] {
	if !p.features.Ordered {
		return sorted(entries)
	}
	return func(yield func(listed, error) bool) {
		last := ""
		for e, err := range entries {
			if err == nil && e.name != "" {
				if e.name <= last {
					yield(listed{}, wrong(p, "a name that is out of order", e.entry.Name))
					return
				}
				last = e.name
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

func sorted(entries iter.Seq2[listed, error]) iter.Seq2[listed, error] {
	return func(yield func(listed, error) bool) {
		var all []listed
		var end error
		for e, err := range entries {
			if err != nil {
				end = err
				break
			}
			all = append(all, e)
		}
		slices.SortStableFunc(all, func(a, b listed) int { return strings.Compare(a.name, b.name) })
		for _, e := range all {
			if !yield(e, nil) {
				return
			}
		}
		if end != nil {
			yield(listed{}, end)
		}
	}
}

func wrong(p place, what, name string) error {
	return driver.NewError(files.OpList, p.dir, driver.Errorf(files.ErrUnavailable,
		"the bucket lists %s: %q", what, name))
}

// peek returns the next entry; ok is false at the end or after an error.
func (l *listing) peek(ctx context.Context) (e *listed, ok bool) {
	for !l.done && l.at == len(l.page.entries) {
		if l.page.err != nil {
			l.err, l.done = l.page.err, true
			break
		}
		var more bool
		select {
		case l.page, more = <-l.pages:
		case <-ctx.Done():
			l.err, l.done = ended(ctx), true
			return nil, false
		}
		l.at = 0
		if !more {
			l.done = true
			l.broken.Resume()
			if ctx.Err() != nil {
				l.err = ended(ctx)
			}
		}
	}
	if l.done {
		return nil, false
	}
	return &l.page.entries[l.at], true
}

func (l *listing) next() { l.at++ }

// drain waits until the goroutine has ended. The context has ended already.
func (l *listing) drain() {
	for l.pages != nil {
		if _, more := <-l.pages; !more {
			return
		}
	}
}
