package mount

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// segment is a range of names, in their order, that one member has: from lo on, and
// before hi if that isn't "".
type segment struct {
	lo, hi string
	// after is where a listing of the member begins if another member is mounted just
	// before the segment. It is after most of the names that the member has in the
	// mounted directory.
	after string
	m     *member
}

// segmentsOf divides all names at each beginning and end of a mounted directory.
func segmentsOf(r *router) []segment {
	type cut struct{ at, after string }
	cuts := []cut{{}}
	for _, m := range r.members {
		if m.prefix != "" {
			cuts = append(cuts, cut{at: m.prefix},
				cut{driver.PrefixEnd(m.prefix), m.prefix + "\uFFFD"})
		}
	}
	slices.SortStableFunc(cuts, func(a, b cut) int { return strings.Compare(a.at, b.at) })
	var all []segment
	for i, c := range cuts {
		s := segment{lo: c.at, after: c.after, m: r.innermost(c.at)}
		if i+1 < len(cuts) {
			if s.hi = cuts[i+1].at; s.hi == s.lo {
				continue
			}
		}
		if s.m.prefix == s.lo { // the member begins here, so there is nothing to skip
			s.after = ""
		}
		all = append(all, s)
	}
	return all
}

// innermost returns the member with the longest prefix of the text.
func (r *router) innermost(text string) *member {
	found := r.byPrefix[""]
	for _, m := range r.members {
		if strings.HasPrefix(text, m.prefix) && len(m.prefix) > len(found.prefix) {
			found = m
		}
	}
	return found
}

func (r *router) List(ctx context.Context, dir string,
	opts *files.ListOptions) iter.Seq2[files.Entry, error] {
	l := lister{r: r, ctx: ctx, dir: dir}
	if opts != nil {
		l.o = *opts
	}
	if dir = strings.TrimSuffix(dir, "/"); dir != "" {
		l.base = dir + "/"
	}
	return func(yield func(files.Entry, error) bool) {
		l := l // each range is a new listing
		l.yield, l.longest = yield, r.Features().MaxName
		l.run()
	}
}

// lister is one listing.
type lister struct {
	r       *router
	ctx     context.Context
	dir     string
	base    string // "" or "dir/"
	o       files.ListOptions
	longest int
	yield   func(files.Entry, error) bool
	n       int
	failed  error // the first error, which comes after everything that can be listed (L9)
	done    bool  // the caller has stopped, or Limit is reached
	broken  bool  // the caller has stopped
}

func (l *lister) run() {
	switch {
	case l.ctx.Err() != nil:
		l.failed = driver.ContextError(l.ctx)
	case l.o.Shallow:
		l.shallow()
	default:
		for _, s := range l.r.segments {
			l.segment(s, l.base+l.o.Prefix)
		}
	}
	if l.failed != nil && !l.broken {
		l.yield(files.Entry{}, l.failed)
	}
}

// give yields an entry.
func (l *lister) give(e files.Entry) {
	if len(e.Name) > l.longest {
		return
	}
	if l.n++; !l.yield(e, nil) {
		l.done, l.broken = true, true
	}
	if l.n == l.o.Limit {
		l.done = true
	}
}

// fail records an error of a member. An error about a file that is hidden by another
// member is ignored. If the context has ended, the listing ends at once.
func (l *lister) fail(m *member, err error) {
	var e *files.Error
	if errors.As(err, &e) && e.Op == files.OpList && strings.HasPrefix(e.Name, l.base) &&
		l.r.owner(e.Name) != m && e.Name+"/" != m.prefix {
		return
	}
	if l.ctx.Err() != nil {
		l.done = true
	}
	if l.failed == nil {
		if l.failed = err; e == nil || !strings.HasPrefix(e.Name, l.base) {
			l.failed = m.failed(err)
		}
	}
}

// segment lists the names of a segment that begin with the prefix.
func (l *lister) segment(s segment, prefix string) {
	after := max(s.after, l.o.StartAfter)
	switch {
	case l.done,
		s.hi != "" && (s.hi <= prefix || s.hi <= after),
		s.lo > prefix && !strings.HasPrefix(s.lo, prefix):
		return
	}
	dir := l.base
	if len(s.m.prefix) > len(dir) {
		dir = s.m.prefix
	}
	o := l.o
	o.Prefix = prefix[min(len(dir), len(prefix)):]
	for o.StartAfter = after; !l.done; {
		if o.Limit = 0; l.o.Limit > 0 {
			o.Limit = l.o.Limit - l.n
		}
		seen := 0
		for e, err := range s.m.b.List(l.ctx, strings.TrimSuffix(dir, "/"), &o) {
			if err != nil {
				l.fail(s.m, err)
				break
			}
			if seen++; l.done || s.hi != "" && e.Name >= s.hi {
				return
			}
			if o.StartAfter != "" && e.Name <= o.StartAfter {
				l.fail(s.m, errOrder)
				return
			}
			if o.StartAfter = e.Name; e.Name < s.lo {
				continue // hidden by another member
			}
			if l.give(e); l.broken || l.done && seen < o.Limit {
				return
			}
		}
		if o.Limit == 0 || seen < o.Limit {
			return
		}
	}
}

var errOrder = driver.Errorf(files.ErrUnavailable, "the bucket doesn't list in byte order")

// shallow lists one directory: the entries of the member that has it, and the
// directories that lead to mounted ones.
func (l *lister) shallow() {
	if l.o.StartAfter > l.base && !strings.HasPrefix(l.o.StartAfter, l.base) {
		return // StartAfter is after everything here
	}
	owner := l.r.owner(l.base)
	leading := l.leading()
	wanted := leading
	yieldBefore := func(name string) { // all leading directories before the name
		for len(wanted) > 0 && (name == "" || wanted[0] < name) && !l.done {
			l.directory(wanted[0])
			wanted = wanted[1:]
		}
	}
	o := l.o
	for more := true; more && !l.done; {
		if o.Limit = 0; l.o.Limit > 0 {
			o.Limit = l.o.Limit - l.n
		}
		seen := 0
		for e, err := range owner.b.List(l.ctx, l.dir, &o) {
			if err != nil {
				l.fail(owner, err)
				break // what Limit has cut off follows
			}
			if o.StartAfter != "" && e.Name <= o.StartAfter {
				l.fail(owner, errOrder)
				seen = 0
				break
			}
			if l.done {
				break
			}
			o.StartAfter = e.Name
			seen++
			if yieldBefore(e.Name); l.done {
				break
			}
			if slices.Contains(leading, e.Name) {
				continue // yieldBefore yields it, if it has a file
			}
			if l.give(e); l.broken || l.done && seen < o.Limit {
				return
			}
		}
		more = o.Limit > 0 && seen == o.Limit
	}
	yieldBefore("")
}

// leading returns the directories in this one that lead to mounted ones, or are
// mounted, in order.
func (l *lister) leading() []string {
	var all []string
	for _, m := range l.r.members {
		rest, ok := strings.CutPrefix(m.prefix, l.base)
		if !ok || rest == "" {
			continue
		}
		element, _, _ := strings.Cut(rest, "/")
		d := l.base + element + "/"
		if strings.HasPrefix(element+"/", l.o.Prefix) && d > l.o.StartAfter {
			all = append(all, d)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// directory yields a directory if it has a file (L6).
func (l *lister) directory(d string) {
	one := lister{
		r:       l.r,
		ctx:     l.ctx,
		base:    d,
		o:       files.ListOptions{Limit: 1, NamesOnly: true},
		longest: l.longest,
	}
	found := false
	one.yield = func(_ files.Entry, err error) bool {
		found = found || err == nil
		return err == nil
	}
	for _, s := range l.r.segments {
		one.segment(s, d)
	}
	switch {
	case found:
		l.give(files.Entry{Name: d, IsDir: true})
	case one.failed != nil && l.failed == nil:
		l.failed = one.failed
	}
}
