package local

import (
	"cmp"
	lists "container/list"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"cloudfiles.dev/drivers/local/internal/fsys"
)

// A page of a listing costs no more than its entries (L8). So the names of the folder
// in which one listing ended are kept in order for a while, for the listing that
// continues there. They are used only while the folder's times are unchanged, on file
// systems where every change changes the times. Otherwise the folder is read again.
// Nothing else depends on kept names: a listing continues after a name.
//
//	first time           the names after the start, as many as maxPageSize holds, are
//	                     read and kept
//	folder unchanged     the kept names are used
//	folder changed       the folder is read, and only the next few names are sorted, since
//	                     other programs are changing it
//	unchanged after that as the first time
//
// All handles of a process share the pages, so they also serve a bucket that is opened
// for each page. A folder with more names than a page holds has several pages, if
// listings are at several positions in it. The more pages there are, the smaller each
// is.
const (
	maxPageSize = 16 << 20    // bytes of a folder's names, and half of all
	minPagePart = 16          // the smallest page is this fraction of maxPageSize
	maxPages    = 64          // of all folders
	pageIdle    = time.Minute // until a page that isn't used is dropped
)

// processPages has the pages of all handles on the system's file systems.
var processPages = pages{shared: true}

// pagesOver returns the pages of a handle on sys. Another implementation of fsys has
// its own, because its inode numbers may be others.
func pagesOver(sys fsys.FS) *pages {
	if sys == fsys.OS() {
		return &processPages
	}
	return &pages{}
}

// pageView is what the names of a folder depend on, besides the folder.
type pageView struct {
	rootDev, rootIno uint64 // names depend on the path below the root
	rules            rules
	mountRoot        bool
}

// pageKey distinguishes listings of one folder that list different names of it.
type pageKey struct {
	view     pageView
	dev, ino uint64
	prefix   string
	shallow  bool
	room     int
	foreign  bool
}

// page is a part of a folder's names in order: all names greater than after and past,
// up to the last or, if it isn't cut, to the end.
type page struct {
	key         pageKey
	st          fsys.Stat
	after, past string
	exact       bool // the names are those at st; without names, only st is known
	names       []byte
	items       []item
	asIs, cut   bool
	used        time.Time
}

func (p *page) size() int {
	return cap(p.names) + 16*cap(p.items) + len(p.after) + len(p.past) + 256
}

// isOf reports whether the folder is unchanged.
func (p *page) isOf(st fsys.Stat) bool {
	return p.st.ModTime == st.ModTime && p.st.ChangeTime == st.ChangeTime
}

// has reports whether the page begins early enough, and doesn't end before what is
// wanted.
func (p *page) has(want *filter) bool {
	start := max(want.after, want.past)
	switch {
	case p.items == nil:
		return false
	case want.prefix > start:
		return p.after < want.prefix && p.past < want.prefix && !p.endsBefore(want.prefix)
	case start < p.after || start < p.past || p.endsBefore(start):
		return false
	}
	// A page that begins after a folder lacks the folder, whose content may be wanted.
	return p.past == "" || want.past >= p.past || !strings.HasPrefix(want.after, p.past)
}

// covers reports whether the page has all names of the page o of the same folder.
func (p *page) covers(o *page) bool {
	if p.after > o.after || p.past > o.past || p.past != "" && p.past != o.past {
		return false
	}
	return !p.cut || o.cut && !p.endsBefore(o.last())
}

func (p *page) last() string { return (&dirContent{names: p.names, items: p.items}).last() }

func (p *page) endsBefore(start string) bool {
	if !p.cut || len(p.items) == 0 {
		return p.cut
	}
	return p.last() <= start
}

// pages has the pages that listings left, the most recently used first. It is safe for
// concurrent use. A nil *pages has none.
type pages struct {
	shared bool // they outlive a handle
	most   int  // maxPageSize unless a test sets it

	mu    sync.Mutex
	byKey map[pageKey][]*lists.Element // several for a folder with more names than a page holds
	order lists.List
	size  int
	timer *time.Timer // runs while there are pages
}

func (s *pages) pageSize() int { return cmp.Or(s.most, maxPageSize) }

// find sets the names of f from a page, if one is still valid. Otherwise it returns how
// many bytes of the names that are read now should be kept, 0 for none.
func (s *pages) find(f *dirContent, p *page, want *filter, kind fsys.Kind) (most int) {
	if s == nil || kind != fsys.Overlay && kind != fsys.ZFS && !atOnce(kind) && kind != fsys.Btrfs {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	start := max(want.after, want.past)
	others := 0
	var behind *lists.Element // the page that the listing has just used up
	for _, prefix := range []string{want.prefix, ""} {
		key := p.key
		key.prefix = prefix
		if prefix == want.prefix && s.dropOld(key, p.st) {
			s.insert(&page{key: key, st: p.st, used: time.Now()})
			return 0
		}
		for _, e := range s.byKey[key] {
			old := e.Value.(*page)
			switch {
			case !old.isOf(p.st) || old.items == nil:
			case old.has(want):
				s.order.MoveToFront(e)
				old.used = time.Now()
				f.take(old, want)
				return 0
			case old.cut && old.last() == start:
				behind = e
			default:
				others++
			}
		}
		if prefix == "" {
			break
		}
	}
	if behind != nil {
		s.drop(behind)
	}
	return s.pageSize() / min(1+others, minPagePart)
}

// dropOld drops the pages from before the folder changed, and reports whether there
// were any.
func (s *pages) dropOld(key pageKey, st fsys.Stat) (moved bool) {
	for _, e := range slices.Clone(s.byKey[key]) {
		if !e.Value.(*page).isOf(st) {
			s.drop(e)
			moved = true
		}
	}
	return moved
}

// take sets the names of the folder to the page's.
func (f *dirContent) take(p *page, want *filter) {
	f.names, f.items, f.asIs, f.cut, f.shared = p.names, p.items, p.asIs, p.cut, true
	start := max(want.after, want.past, want.prefix)
	text := func(i int) string { return string(f.text(f.items[i])) }
	f.start = sort.Search(len(f.items), func(i int) bool { return text(i) >= start })
	if i := f.start; i > 0 && want.wants(f.text(f.items[i-1]), f.items[i-1].isDir()) {
		f.start--
	}
	for f.start < len(f.items) && !want.wants(f.text(f.items[f.start]),
		f.items[f.start].isDir()) && text(f.start) <= start {
		f.start++
	}
	if want.prefix != p.key.prefix {
		n := len(f.items)
		end := f.start + sort.Search(n-f.start, func(i int) bool {
			return text(f.start+i) >= want.prefix && !strings.HasPrefix(text(f.start+i),
				want.prefix)
		})
		f.items = f.items[:end:end]
		f.cut = f.cut && end == n
	}
}

// keep keeps, as a page, what was read of a folder in which a listing ended.
func (s *pages) keep(f *dirContent) {
	p := f.page
	if s == nil || f.shared || !p.exact || f.few > 0 {
		return
	}
	p.names, p.items, p.asIs, p.cut = fitting(f.names), fitting(f.items), f.asIs, f.cut
	if p.items == nil {
		p.items = []item{}
	}
	p.used = time.Now()
	if p.size() > 2*s.pageSize() {
		return
	}
	f.shared = true
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range slices.Clone(s.byKey[p.key]) {
		if old := e.Value.(*page); !old.isOf(p.st) || old.items == nil || p.covers(old) {
			s.drop(e)
		}
	}
	s.insert(&p)
}

// fitting returns the slice, or a copy if its capacity is much larger than its length.
func fitting[T any](s []T) []T {
	if cap(s)-len(s) > len(s)/8 {
		return slices.Clone(s)
	}
	return s
}

// insert adds a page, and drops the oldest if there are too many. The caller holds mu.
func (s *pages) insert(p *page) {
	if s.byKey == nil {
		s.byKey = map[pageKey][]*lists.Element{}
	}
	s.byKey[p.key] = append(s.byKey[p.key], s.order.PushFront(p))
	s.size += p.size()
	for s.size > 2*s.pageSize() || s.order.Len() > maxPages {
		s.drop(s.order.Back())
	}
	if s.timer == nil {
		s.timer = time.AfterFunc(pageIdle, s.sweep)
	}
}

func (s *pages) drop(e *lists.Element) {
	p := s.order.Remove(e).(*page)
	s.size -= p.size()
	left := slices.DeleteFunc(s.byKey[p.key], func(o *lists.Element) bool { return o == e })
	if s.byKey[p.key] = left; len(left) == 0 {
		delete(s.byKey, p.key)
	}
}

// sweep drops the pages that weren't used for pageIdle.
func (s *pages) sweep() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.timer = nil
	for e := s.order.Back(); e != nil; e = s.order.Back() {
		left := pageIdle - time.Since(e.Value.(*page).used)
		if left > 0 {
			s.timer = time.AfterFunc(left, s.sweep)
			return
		}
		s.drop(e)
	}
}

// clear drops all pages.
func (s *pages) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for e := s.order.Back(); e != nil; e = s.order.Back() {
		s.drop(e)
	}
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
}
