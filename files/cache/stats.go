package cache

import "sync/atomic"

// Stats counts what a cache does. The zero value is ready to use. It is safe for
// concurrent use, and must not be copied.
type Stats struct {
	hits, misses, bypassed             atomic.Int64
	bytesServed, bytesFetched, fetches atomic.Int64
	stored, evicted, damaged, failed   atomic.Int64
	entries, bytes                     atomic.Int64
}

// Counts has the numbers of a Stats at one moment.
type Counts struct {
	// Hits counts the Gets whose version was cached or being downloaded, Misses the Gets
	// whose version was new to the cache, and Bypassed the Gets that went to the origin
	// alone.
	Hits, Misses, Bypassed int64
	// BytesServed counts the bytes read from the store, and BytesFetched the bytes read
	// from the origin.
	BytesServed, BytesFetched int64
	// Fetches counts the downloads from the origin.
	Fetches int64
	// Stored counts the entries that were stored, Evicted the entries that were removed
	// to make room, and Damaged the entries that were removed because they were damaged.
	Stored, Evicted, Damaged int64
	// StoreErrors counts the failures of the store, which no call returns.
	StoreErrors int64
	// Entries and Bytes are the number of entries in the store and the sum of their
	// sizes, as far as the cache knows them.
	Entries, Bytes int64
}

// Counts returns the current numbers.
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
