package local

import (
	lists "container/list"
	"sort"
	"strings"
	"sync"
	"time"

	"cloudfiles.dev/drivers/local/internal/fsys"
)

// A page of a listing costs its entries (L8): the names of the folder in which one listing ended,
// in order, are kept a while for the one that goes on there. They count only while the folder's
// times are what they were, on file systems where every change moves them; else the folder is read
// again. Nothing depends on them, so a token is only a name.
//
//	first time    the names behind the start, as many as maxPageSize holds, are read and kept
//	unmoved       they are taken from there
//	moved         the folder is read, and only the next few names are sorted: others are at work in it
//	unmoved then  as the first time
const (
	maxPageSize  = 16 << 20 // bytes of a folder's names
	maxPagesSize = 32 << 20 // of all
	maxPages     = 64
	pageIdle     = time.Minute // until what nobody asks for is dropped
)

// pageKey tells listings of a folder apart that want different names of it.
type pageKey struct {
	dev, ino uint64
	prefix   string
	shallow  bool
	room     int
	foreign  bool
}

// page is a part of a folder's names in order: all behind after and past, up to the last or, if it
// isn't cut, to the end.
type page struct {
	key         pageKey
	st          fsys.Stat
	after, past string
	exact       bool // and no more is known of it than st, if there are no names
	names       []byte
	items       []item
	asIs, cut   bool
	used        time.Time
}

func (p *page) size() int { return cap(p.names) + 16*cap(p.items) + len(p.after) + len(p.past) + 256 }

// has reports whether the page begins early enough, and does not end before what is wanted.
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
	// A page behind a folder lacks it, for what is in it.
	return p.past == "" || want.past >= p.past || !strings.HasPrefix(want.after, p.past)
}

func (p *page) endsBefore(start string) bool {
	if !p.cut || len(p.items) == 0 {
		return p.cut
	}
	f := folder{names: p.names, items: p.items}
	return f.last() <= start
}

// pages are those of a bucket, the one used last in front. It is safe for concurrent use. A nil one
// has none.
type pages struct {
	mu    sync.Mutex
	byKey map[pageKey]*lists.Element
	order lists.List
	size  int
	timer *time.Timer // runs while there are any
}

// find gives the folder the names from a page, if there is one that is still true. whole is true
// where those that are read now should be kept.
func (s *pages) find(f *folder, p *page, want *filter, kind fsys.Kind) (whole bool) {
	if s == nil || kind != fsys.Overlay && kind != fsys.ZFS && !atOnce(kind) && kind != fsys.Btrfs {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, prefix := range []string{want.prefix, ""} {
		key := p.key
		key.prefix = prefix
		e := s.byKey[key]
		if e == nil {
			continue
		}
		old := e.Value.(*page)
		if old.st.ModTime != p.st.ModTime || old.st.ChangeTime != p.st.ChangeTime {
			if prefix == want.prefix {
				s.drop(e)
				p.used = time.Now()
				s.insert(&page{key: key, st: p.st, used: p.used})
				return false
			}
			continue
		}
		if old.has(want) {
			s.order.MoveToFront(e)
			old.used = time.Now()
			f.take(old, want)
			return true
		}
	}
	return true
}

// take makes the page's names those of the folder.
func (f *folder) take(p *page, want *filter) {
	f.names, f.items, f.asIs, f.cut, f.shared = p.names, p.items, p.asIs, p.cut, true
	start := max(want.after, want.past, want.prefix)
	text := func(i int) string { return string(f.text(f.items[i])) }
	f.start = sort.Search(len(f.items), func(i int) bool { return text(i) >= start })
	if i := f.start; i > 0 && want.wants(f.text(f.items[i-1]), f.items[i-1].isFolder()) {
		f.start--
	}
	for f.start < len(f.items) && !want.wants(f.text(f.items[f.start]), f.items[f.start].isFolder()) && text(f.start) <= start {
		f.start++
	}
	if want.prefix != p.key.prefix {
		n := len(f.items)
		end := f.start + sort.Search(n-f.start, func(i int) bool {
			return text(f.start+i) >= want.prefix && !strings.HasPrefix(text(f.start+i), want.prefix)
		})
		f.items = f.items[:end:end]
		f.cut = f.cut && end == n
	}
}

// keep keeps what was read of a folder in which a listing ended.
func (s *pages) keep(f *folder) {
	p := f.page
	if s == nil || f.shared || !p.exact || f.few > 0 {
		return
	}
	p.names, p.items, p.asIs, p.cut = f.names, f.items, f.asIs, f.cut
	if p.items == nil {
		p.items = []item{}
	}
	p.used = time.Now()
	if p.size() > maxPagesSize {
		return
	}
	f.shared = true
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.byKey[p.key]; e != nil {
		s.drop(e)
	}
	s.insert(&p)
}

// insert adds a page, and drops the oldest for it. The caller holds mu.
func (s *pages) insert(p *page) {
	if s.byKey == nil {
		s.byKey = map[pageKey]*lists.Element{}
	}
	s.byKey[p.key] = s.order.PushFront(p)
	s.size += p.size()
	for s.size > maxPagesSize || len(s.byKey) > maxPages {
		s.drop(s.order.Back())
	}
	if s.timer == nil && len(s.byKey) > 0 {
		s.timer = time.AfterFunc(pageIdle, s.sweep)
	}
}

func (s *pages) drop(e *lists.Element) {
	p := s.order.Remove(e).(*page)
	delete(s.byKey, p.key)
	s.size -= p.size()
}

// sweep drops what nobody asked for lately.
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

// clear drops all.
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
