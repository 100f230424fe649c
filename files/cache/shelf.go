package cache

import (
	"container/heap"
	"context"
	"sync"
	"time"

	"cloudfiles.dev/files"
)

// shelf is the store with an index in memory, which has the order in which entries were
// used. A listing finds the entries of earlier processes before anything is stored, and
// is repeated from time to time because other processes may use the store too.
type shelf struct {
	b     files.Bucket
	max   int64
	maxN  int
	stats *Stats
	start time.Time

	listing chan struct{} // holds a token while no listing runs

	mu     sync.Mutex
	items  map[key]*item
	order  byUse
	bytes  int64
	scan   int64 // number of the last listing
	listed bool
	retry  time.Duration // when a listing may run after one that failed
	fresh  int64         // bytes stored since the last listing
}

// item is an entry in the index.
type item struct {
	key     key
	size    int64
	used    int64 // last use, in Unix nanoseconds
	at      int   // index in the heap
	scan    int64 // the last listing that had it, or the last one when it was stored
	storing int   // the Puts of it that run: a listing needn't have it yet
	checked time.Duration
	version files.Version // the version that the origin confirmed at checked, or ""
}

func newShelf(b files.Bucket, o Options) *shelf {
	s := &shelf{
		b:       b,
		max:     o.MaxBytes,
		maxN:    o.MaxEntries,
		stats:   o.Stats,
		start:   time.Now(),
		listing: make(chan struct{}, 1),
		items:   map[key]*item{},
	}
	s.listing <- struct{}{}
	return s
}

// open opens an entry and reads its header. It returns nil if there is no usable entry.
// It removes a damaged entry, and keeps one that can't be read.
func (s *shelf) open(ctx context.Context, k key) *opened {
	r, err := s.b.Get(ctx, k.name(), &files.GetOptions{SkipVerify: true})
	if err != nil {
		if files.KindOf(err) == files.ErrNotExist {
			s.forget(k)
		} else {
			s.failed(ctx, err)
		}
		return nil
	}
	e, err := readHeader(r)
	if err != nil {
		r.Close()
		s.unusable(ctx, k, err)
		return nil
	}
	s.used(k, r.Info().Size)
	return e
}

// unusable removes an entry if it is damaged, and counts the failure otherwise.
func (s *shelf) unusable(ctx context.Context, k key, err error) {
	if err != errDamaged {
		s.failed(ctx, err)
		return
	}
	s.stats.damaged.Add(1)
	s.drop(ctx, k)
}

func (s *shelf) failed(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		s.stats.failed.Add(1)
	}
}

// put stores an entry if there is room for it, or if evict is set and evicting others
// makes room.
func (s *shelf) put(ctx context.Context, k key, h *header, data []byte, evict bool) bool {
	head, err := h.encode(data)
	if err != nil {
		return false
	}
	body, size := content(head, data)
	if !s.ensureListed(ctx) || !s.reserve(ctx, k, size, evict) {
		return false
	}
	defer s.settle(k)
	_, err = s.b.Put(ctx, k.name(), body, &files.PutOptions{
		Size:       &size,
		Attributes: files.Attributes{ContentType: "application/octet-stream"},
	})
	if err != nil {
		s.failed(ctx, err)
		if files.KindOf(err) != files.ErrUncertain {
			s.forget(k) // if the old entry is still there, a listing will find it
		}
		return false
	}
	s.stats.stored.Add(1)
	return true
}

// settle ends what reserve began. A listing that ran meanwhile may have missed the entry.
func (s *shelf) settle(k key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if it := s.items[k]; it != nil {
		it.storing = max(0, it.storing-1)
		it.scan = s.scan
	}
}

// reserve adds an entry of the given size to the index before it is stored, and makes
// room for it. If it returns true, the caller calls settle once the entry is stored or
// could not be.
func (s *shelf) reserve(ctx context.Context, k key, size int64, evict bool) bool {
	for {
		s.mu.Lock()
		grows, more := size, 1
		if it := s.items[k]; it != nil {
			grows, more = size-it.size, 0
		}
		if s.bytes+grows <= s.max && len(s.items)+more <= s.maxN {
			s.set(k, size, time.Now().UnixNano())
			s.items[k].version = ""
			s.items[k].storing++
			s.fresh += size
			s.mu.Unlock()
			return true
		}
		if !evict || size > s.max || len(s.order) == 0 {
			s.mu.Unlock()
			return false
		}
		victim := s.take(k)
		s.mu.Unlock()
		if victim == nil || !s.evict(ctx, victim) {
			return false
		}
	}
}

// take removes the least recently used entry from the index, except the one that is
// about to be stored. The caller holds mu.
func (s *shelf) take(but key) *item {
	it := s.order[0]
	if it.key == but {
		return nil
	}
	s.remove(it)
	return it
}

// evict deletes an entry that was taken from the index. If it can't be deleted, it
// returns to the index, because the bounds count it.
func (s *shelf) evict(ctx context.Context, it *item) bool {
	if err := s.b.Delete(ctx, it.key.name(), nil); err != nil {
		s.failed(ctx, err)
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.items[it.key] == nil {
			s.set(it.key, it.size, it.used)
		}
		return false
	}
	s.stats.evicted.Add(1)
	return true
}

// drop deletes an entry, and reports whether it is surely gone.
func (s *shelf) drop(ctx context.Context, k key) bool {
	if err := s.b.Delete(ctx, k.name(), nil); err != nil {
		s.failed(ctx, err)
		s.distrust(k)
		return false
	}
	s.forget(k)
	return true
}

// set adds an entry to the index, or changes it. The caller holds mu.
func (s *shelf) set(k key, size, used int64) {
	it := s.items[k]
	if it == nil {
		it = &item{key: k}
		s.items[k] = it
		heap.Push(&s.order, it)
		s.stats.entries.Add(1)
	}
	s.bytes += size - it.size
	s.stats.bytes.Add(size - it.size)
	it.size, it.used, it.scan = size, used, s.scan
	heap.Fix(&s.order, it.at)
}

// remove removes an entry from the index. The caller holds mu.
func (s *shelf) remove(it *item) {
	heap.Remove(&s.order, it.at)
	delete(s.items, it.key)
	s.bytes -= it.size
	s.stats.entries.Add(-1)
	s.stats.bytes.Add(-it.size)
}

func (s *shelf) forget(k key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if it := s.items[k]; it != nil {
		s.remove(it)
	}
}

// used records that an entry exists and was used.
func (s *shelf) used(k key, size int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.items[k] != nil || len(s.items) < s.maxN {
		s.set(k, size, time.Now().UnixNano())
	}
}

// has reports whether an entry is in the index.
func (s *shelf) has(k key) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.items[k] != nil
}

// now is the time since start, by the monotonic clock.
func (s *shelf) now() time.Duration { return time.Since(s.start) }

// confirm records that the origin has confirmed the version of a head at the given time.
func (s *shelf) confirm(k key, v files.Version, at time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if it := s.items[k]; it != nil && (it.version != v || it.checked < at) {
		it.version, it.checked = v, at
	}
}

// distrust makes the next Get check with the origin.
func (s *shelf) distrust(k key) { s.confirm(k, "", 0) }

// trusts reports whether the version of a head was confirmed at most age ago.
func (s *shelf) trusts(k key, v files.Version, age time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	it := s.items[k]
	return it != nil && v != "" && it.version == v && s.now()-it.checked < age
}

// byUse is a heap of entries. The least recently used is the first.
type byUse []*item

func (h byUse) Len() int           { return len(h) }
func (h byUse) Less(i, j int) bool { return h[i].used < h[j].used }
func (h byUse) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].at, h[j].at = i, j
}

func (h *byUse) Push(x any) {
	it := x.(*item)
	it.at = len(*h)
	*h = append(*h, it)
}

func (h *byUse) Pop() any {
	n := len(*h) - 1
	it := (*h)[n]
	(*h)[n] = nil
	*h = (*h)[:n]
	return it
}
