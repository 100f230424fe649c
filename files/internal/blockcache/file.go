package blockcache

import "container/list"

// File is one version of a file in the cache.
type File struct {
	cache  *Cache
	id     id
	users  int
	blocks map[int64]*entry
}

// entry is a block, or one that is being read.
type entry struct {
	file   *File
	index  int64
	size   int64
	data   []byte
	flight *Flight // nil once the block is there
	at     *list.Element
	often  bool
	read   int  // the offset up to which it was read
	ahead  bool // not requested yet
}

// Open returns the file of that space, name and version. Each version of a file in each
// space has blocks of its own. Close must be called once.
func (c *Cache) Open(space uint64, name, version string) *File {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := id{space, name, version}
	f := c.files[key]
	if f == nil {
		f = &File{cache: c, id: key, blocks: map[int64]*entry{}}
		c.files[key] = f
	}
	f.users++
	return f
}

// Close ends the use of the file. Its blocks stay until others need the memory.
func (f *File) Close() {
	f.cache.mu.Lock()
	defer f.cache.mu.Unlock()
	f.users--
	f.cache.forget(f)
}

// SetLimit changes how many bytes the file's cache holds.
func (f *File) SetLimit(limit int64) { f.cache.SetLimit(limit) }

// Outdated makes the file's blocks the first to be forgotten, because the version is
// gone.
func (f *File) Outdated() {
	c := f.cache
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range f.blocks {
		if e.at == nil {
			continue
		}
		c.listOf(e).Remove(e.at)
		if e.often {
			e.often = false
			c.twice -= e.size
		}
		e.at = c.once.PushBack(e)
	}
}

// Copy copies bytes from offset off on to p, up to the end of their block. If the block
// is being read, Copy returns that read, which the caller has joined: it must call
// Wait. If n is 0 and there is no flight, the block isn't there. fresh reports that the
// block was read ahead and is used for the first time.
func (f *File) Copy(p []byte, off int64) (n int, fresh bool, flight *Flight) {
	f.cache.mu.Lock()
	defer f.cache.mu.Unlock()
	e := f.blocks[off/Size]
	switch {
	case e == nil:
		return 0, false, nil
	case e.flight != nil:
		e.flight.waiters++
		return 0, false, e.flight
	}
	from := int(off % Size)
	n = copy(p, e.data[from:])
	fresh, e.ahead = e.ahead, false
	f.cache.touch(e, from+n)
	return n, fresh, nil
}

// Begin returns a read of the blocks from lo up to hi, but not beyond the first that is
// there or being read. size is the size of the file. It returns nil if there is no such
// block, or no memory for them. The caller has joined the read: it must call Wait or
// End.
func (f *File) Begin(lo, hi, size int64) *Flight {
	c := f.cache
	c.mu.Lock()
	defer c.mu.Unlock()
	var n int64
	for {
		for i := lo; i < hi; i++ {
			if f.blocks[i] != nil {
				hi = i
			}
		}
		if hi <= lo || c.closed {
			return nil
		}
		n = min(hi*Size, size) - lo*Size
		if c.evict(n, true) {
			break
		}
		if !c.reclaim() {
			return nil
		}
	}
	c.used += n
	fl := &Flight{
		Lo:      lo,
		Hi:      hi,
		file:    f,
		waiters: 1,
		done:    make(chan struct{}),
	}
	for i := lo; i < hi; i++ {
		e := &entry{
			file:   f,
			index:  i,
			size:   min(Size, size-i*Size),
			flight: fl,
		}
		f.blocks[i] = e
		fl.entries = append(fl.entries, e)
	}
	f.users++
	return fl
}

// Missing reports whether the block is neither there nor being read.
func (f *File) Missing(i int64) bool {
	f.cache.mu.Lock()
	defer f.cache.mu.Unlock()
	return f.blocks[i] == nil
}
