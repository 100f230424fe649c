package driver

import (
	"slices"
	"strings"
)

// plan divides sections while connections are free. It makes only as many requests that a
// plain listing doesn't make as pagesPerExtra allows.
func (d *division) plan() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for !d.closed {
		if !d.mayDivide() || !d.divideNearest() {
			d.cond.Wait()
		}
	}
}

// mayDivide reports whether a connection is free, and one more request is allowed.
func (d *division) mayDivide() bool {
	return d.running < d.workers && (d.extra+1)*pagesPerExtra*d.page <= d.fetched
}

// divideNearest divides the first section that has become longer than a section should
// be, or else the last section. It returns whether it changed anything.
func (d *division) divideNearest() bool {
	for i, s := range d.sections {
		if !d.hasRoom(i + 1) {
			return false
		}
		if s.state == sectionDone || s.stuck == s.n+1 {
			continue
		}
		if i < len(d.sections)-1 && s.n-s.grown < sectionPages*d.page {
			continue
		}
		at, missing := d.place(i)
		if missing != nil {
			d.learn(missing)
			return true
		}
		at = portable(at)
		end := s.end.Load()
		if at <= s.after || at <= s.reached || end != nil && at >= *end {
			s.stuck = s.n + 1
			continue
		}
		next := &section{after: at, sampler: sampler{last: at}}
		next.end.Store(end)
		s.end.Store(&at)
		s.grown = s.n
		d.extra++
		d.sections = slices.Insert(d.sections, i+1, next)
		d.changed()
		return true
	}
	return false
}

// place returns a string at which to divide a section: some pages after the latest name
// that was listed. It is "" if there is none. If the names of directories are needed
// first, missing is what to list.
//
// The latest pages decide. If they have the names of some directories, the place is the
// beginning of a later directory; a shallow listing finds these. If the pages are in
// one directory, or in very many, the place is computed from how quickly the names
// grow. If it would be beyond the end of a directory, it is the beginning of a
// directory that follows that one, or one above it.
func (d *division) place(i int) (at string, missing *siblings) {
	s := d.sections[i]
	pos := max(s.after, s.reached)
	unseen := i > 0 && s.n == 0 && d.sections[i-1].n == 0
	var seen []noted
	for ; i >= 0 && len(seen) <= minNoted; i-- {
		seen = d.sections[i].seen
		seen = seen[max(0, len(seen)-maxNoted):]
	}
	want, top := sectionPages*d.page, d.req.Dir()
	dir, dirs := d.latest(&seen)
	if len(seen) <= minNoted {
		return "", nil
	}
	if up := d.above(dir, top, seen[len(seen)-1].n-seen[0].n); strings.HasPrefix(pos, up) &&
		up != dir {
		at, missing = d.sibling(up, pos, 1+(want-1)/d.size(up))
		if at != "" || missing != nil {
			return at, missing
		}
		pos = up
	} else if strings.HasPrefix(pos, dir) {
		step := 1 + want*dirs/(seen[len(seen)-1].n-seen[0].n)
		if dirs == 0 || step > d.page/4 {
			if unseen {
				return "", nil // one more guess could be as wrong as those before
			}
			if at, over := extrapolate(seen, pos, len(dir), want); !over {
				return at, nil
			}
		} else if at, missing = d.sibling(dir, pos, step); at != "" || missing != nil {
			return at, missing
		}
		pos = dir
	}
	for len(pos) > len(top) {
		dir = dirOf(strings.TrimSuffix(pos, "/"))
		size := d.size(dir)
		if s.n == 0 && size > 2*want {
			return d.inside(dir, pos)
		}
		at, missing = d.sibling(dir, pos, 1+(want-1)/size)
		if at != "" || missing != nil {
			return at, missing
		}
		pos = dir
	}
	return "", nil
}

// above returns the directory above dir whose directories are as large as a section, if
// n names don't show that dir is larger than others of its depth.
func (d *division) above(dir, top string, n int) string {
	for len(dir) > len(top) {
		up := dirOf(strings.TrimSuffix(dir, "/"))
		if size := d.size(up); size > sectionPages*d.page || n > 2*size {
			break
		}
		dir = up
	}
	return dir
}

// inside returns a place in a large directory of which no name was listed, if the size
// of other directories of its depth shows which.
func (d *division) inside(parent, dir string) (at string, missing *siblings) {
	k := d.known[parent]
	dir = strings.TrimSuffix(dir, "/") + "/"
	if k == nil {
		return "", nil
	}
	_, found := slices.BinarySearch(k.names, dir)
	size, want := d.size(dir), sectionPages*d.page
	if !found || size > 2*want {
		return "", nil
	}
	return d.sibling(dir, dir, 2+(want-1)/size)
}

// latest returns the directory that all noted names are in, and how many directories of
// it began among them. Names before the beginning of a large directory are removed.
func (d *division) latest(seen *[]noted) (dir string, dirs int) {
	for len(*seen) > minNoted {
		first, last := (*seen)[0], (*seen)[len(*seen)-1]
		dir = dirOf(common(first.name, last.name))
		dirs = last.dirsSince(first, depthOf(dir))
		if dirs == 0 || d.size(dir) <= 2*sectionPages*d.page {
			break
		}
		child, i := childOf(dir, last.name), 1
		for i < len(*seen)-1 && childOf(dir, (*seen)[i].name) != child {
			i++
		}
		*seen = (*seen)[i:]
	}
	return dir, dirs
}

// size returns about how many names a directory in dir has, from what was listed.
func (d *division) size(dir string) int {
	n := 0
	for _, began := range d.dirs[:depthOf(dir)+1] {
		n += began
	}
	return max(1, d.fetched/max(1, n))
}

// siblings are the directories that follow each other in a directory.
type siblings struct {
	dir, from string
	names     []string // "d/"; the last may be a file
	all       bool     // none follows
}

// sibling returns the beginning of a directory in dir, step directories after pos, or of
// the last one known; "" is none.
func (d *division) sibling(dir, pos string, step int) (at string, missing *siblings) {
	from := childOf(dir, pos)
	if from == "" {
		from = pos
		if pos != dir {
			from += "/"
		}
	}
	k := d.known[dir]
	if k != nil && k.from <= from {
		i, found := slices.BinarySearch(k.names, from)
		if found {
			i++
		}
		if i < len(k.names) {
			return strings.TrimSuffix(k.names[min(i+step, len(k.names))-1], "/"), nil
		}
		if k.all {
			return "", nil
		}
	}
	if d.blind || portable(from) != from {
		return "", nil
	}
	return "", &siblings{dir: dir, from: from}
}

// learn lists directories, by one request, and keeps them.
func (d *division) learn(k *siblings) {
	d.extra++
	d.running++
	failed := d.list(k)
	d.running--
	d.blind = d.blind || failed
	if old := d.known[k.dir]; old != nil && old.from <= k.from {
		k.from, k.names = old.from, append(old.names, k.names...)
		if drop := len(k.names) - maxSiblings*d.page; drop > 0 {
			k.from, k.names = k.names[drop-1], k.names[drop:]
		}
	}
	if len(d.known) == maxKnown {
		clear(d.known)
	}
	d.known[k.dir] = k
	d.changed()
}

// list makes the request, without the mutex.
func (d *division) list(k *siblings) (failed bool) {
	d.mu.Unlock()
	defer d.mu.Lock()
	req := d.req
	req.Prefix, req.Shallow, req.StartAfter = max(k.dir, d.req.Prefix), true, k.from
	req.NamesOnly, req.Foreign = true, false
	req.Limit, req.PageSize = d.page, d.page
	if req.StartAfter <= req.Prefix {
		req.StartAfter = ""
	}
	n, last := 0, ""
	for e, err := range d.lister.List(d.ctx, req) {
		if err != nil {
			return true
		}
		if e.IsDir {
			k.names = append(k.names, e.Name)
		}
		last = e.Name
		if n++; n == req.Limit {
			break
		}
	}
	k.all = n < req.Limit
	if !k.all && (len(k.names) == 0 || k.names[len(k.names)-1] < last) {
		k.names = append(k.names, last) // at least a page of files comes before it
	}
	return false
}

const (
	maxKnown    = 8 // lists of directories that are kept
	maxSiblings = 4 // pages of each
)

// childOf returns the directory in dir that the name is in, with a slash at its end, or
// "" if the name isn't in one.
func childOf(dir, name string) string {
	rest, ok := strings.CutPrefix(name, dir)
	if i := strings.IndexByte(rest, '/'); ok && i >= 0 {
		return name[:len(dir)+i+1]
	}
	return ""
}

// dirOf returns the string up to and including its last slash.
func dirOf(s string) string { return s[:strings.LastIndexByte(s, '/')+1] }

// common returns the common prefix.
func common(a, b string) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	return a[:i]
}
