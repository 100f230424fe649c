// Package blockcache is the memory that all open files of a bucket share: blocks of
// files' versions, bounded in bytes, and the reads of blocks that are in progress.
package blockcache

import (
	"container/list"
	"sync"
)

// Size is the size of a block in bytes. The last block of a file may be shorter.
const Size = 32 << 10

// DefaultLimit bounds the memory of a bucket's blocks, in bytes, unless it is set.
const DefaultLimit = 32 << 20

// Cache holds blocks of many files, up to a number of bytes. It is safe for concurrent
// use.
//
// Blocks that were read once are evicted first, the least recently used before the
// others. So a scan of much more than fits keeps the blocks that were read twice, which
// have up to three quarters of the memory.
type Cache struct {
	mu      sync.Mutex
	limit   int64
	used    int64 // bytes of blocks, and of those that are being read
	twice   int64 // bytes of the blocks in often
	files   map[id]*File
	once    list.List // of *entry, the most recently used in front
	often   list.List // of *entry
	windows map[*Window]struct{}
	closed  bool
}

// id identifies a version of a file.
type id struct {
	space         uint64
	name, version string
}

// New returns an empty cache that holds up to limit bytes; 0 is DefaultLimit.
func New(limit int64) *Cache {
	c := &Cache{files: map[id]*File{}}
	c.SetLimit(limit)
	return c
}

// SetLimit changes how many bytes the cache holds; 0 is DefaultLimit.
func (c *Cache) SetLimit(limit int64) {
	if limit <= 0 {
		limit = DefaultLimit
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.limit = limit
	c.evict(0, true)
}

// Used returns how many bytes the cache holds, those that are being read included.
func (c *Cache) Used() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.used
}

// Close forgets all blocks. Blocks that are read from then on are not kept.
func (c *Cache) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for _, f := range c.files {
		c.drop(f)
	}
	for c.reclaim() {
	}
}

// DropSpace forgets all blocks of a space.
func (c *Cache) DropSpace(space uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.files {
		if f.id.space == space {
			c.drop(f)
		}
	}
}

// drop forgets a file's blocks. The caller holds mu.
func (c *Cache) drop(f *File) {
	for _, e := range f.blocks {
		if e.flight == nil {
			c.remove(e)
		}
	}
}

// evict makes room for n bytes more, and reports whether there is some. Blocks that were
// read repeatedly go only if often is true. The caller holds mu.
func (c *Cache) evict(n int64, often bool) bool {
	for c.used+n > c.limit {
		oldest := c.once.Back()
		if oldest == nil && often {
			oldest = c.often.Back()
		}
		if oldest == nil {
			return false // the rest is being read
		}
		c.remove(oldest.Value.(*entry))
	}
	return true
}

// remove forgets a block. The caller holds mu.
func (c *Cache) remove(e *entry) {
	if e.at != nil {
		c.listOf(e).Remove(e.at)
		e.at = nil
	}
	if e.often {
		c.twice -= e.size
	}
	c.used -= e.size
	delete(e.file.blocks, e.index)
	c.forget(e.file)
}

// forget removes a file that has no blocks and isn't open.
func (c *Cache) forget(f *File) {
	if len(f.blocks) == 0 && f.users == 0 {
		delete(c.files, f.id)
	}
}

func (c *Cache) listOf(e *entry) *list.List {
	if e.often {
		return &c.often
	}
	return &c.once
}

// touch notes that bytes of e, up to end, were read.
func (c *Cache) touch(e *entry, end int) {
	if end > e.read {
		e.read = end
		c.listOf(e).MoveToFront(e.at)
		return
	}
	// They were read before.
	if e.often {
		c.often.MoveToFront(e.at)
		return
	}
	c.once.Remove(e.at)
	e.often = true
	e.at = c.often.PushFront(e)
	c.twice += e.size
	for c.twice > c.limit/4*3 {
		o := c.often.Back().Value.(*entry)
		c.often.Remove(o.at)
		c.twice -= o.size
		o.often, o.read = false, 0
		o.at = c.once.PushFront(o)
	}
}
