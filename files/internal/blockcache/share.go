package blockcache

import (
	"sync"
	"sync/atomic"
)

// Share is a bucket's part of a cache: its files are separate from those of other
// buckets.
type Share struct {
	Cache *Cache
	Space uint64
}

// Sharer is a bucket that has a Share. A wrapper shares the memory of the bucket below.
type Sharer interface {
	BlockShare() Share
}

var spaces atomic.Uint64

// NewSpace returns a number that no other space has.
func NewSpace() uint64 { return spaces.Add(1) }

// Owner makes the Share of a bucket when it is needed. The zero Owner is ready.
type Owner struct {
	mu     sync.Mutex
	share  Share
	own    bool // the cache is of this bucket
	closed bool
}

// Share returns the share, with a cache of its own unless from is a Sharer.
func (o *Owner) Share(from any) Share {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.share.Cache != nil {
		return o.share
	}
	o.share.Space = NewSpace()
	if s, ok := from.(Sharer); ok {
		o.share.Cache = s.BlockShare().Cache
	} else {
		o.share.Cache, o.own = New(0), true
		if o.closed {
			o.share.Cache.Close()
		}
	}
	return o.share
}

// Close forgets all blocks of the bucket, and of the wrappers that share its cache.
func (o *Owner) Close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	switch {
	case o.own:
		o.share.Cache.Close()
	case o.share.Cache != nil:
		o.share.Cache.DropSpace(o.share.Space)
	}
}
