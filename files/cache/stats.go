package cache

import "sync/atomic"

// Stats counts what a cache does. The zero Stats is ready to use. It must not be copied,
// and is safe for concurrent use.
type Stats struct {
	hits, misses, bypassed             atomic.Int64
	bytesServed, bytesFetched, fetches atomic.Int64
	stored, evicted, damaged, failed   atomic.Int64
	entries, bytes                     atomic.Int64
}

// Counts are the numbers of a Stats at one moment.
type Counts struct {
	// Hits are the Gets of a version that was cached, or on its way into the cache.
	// Misses are the Gets whose version was new to the cache, and Bypassed those that
	// it doesn't deal with.
	Hits, Misses, Bypassed int64
	// BytesServed are the bytes that were read from the store, and BytesFetched those
	// that were read from the origin.
	BytesServed, BytesFetched int64
	// Fetches are the downloads from the origin that were begun.
	Fetches int64
	// Stored are the entries that were stored, Evicted those that were removed for
	// room, and Damaged those that were removed because they were not whole.
	Stored, Evicted, Damaged int64
	// StoreErrors are the failures of the store, of which no reader learns.
	StoreErrors int64
	// Entries and Bytes are what the store holds, as far as the cache has learned it.
	Entries, Bytes int64
}

// Counts returns the numbers of this moment.
func (s *Stats) Counts() Counts {
	if s == nil {
		return Counts{}
	}
	return Counts{
		Hits:         s.hits.Load(),
		Misses:       s.misses.Load(),
		Bypassed:     s.bypassed.Load(),
		BytesServed:  s.bytesServed.Load(),
		BytesFetched: s.bytesFetched.Load(),
		Fetches:      s.fetches.Load(),
		Stored:       s.stored.Load(),
		Evicted:      s.evicted.Load(),
		Damaged:      s.damaged.Load(),
		StoreErrors:  s.failed.Load(),
		Entries:      s.entries.Load(),
		Bytes:        s.bytes.Load(),
	}
}
