package cache

import (
	"math"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// The defaults of Options.
const (
	DefaultMaxBytes   = 1 << 30
	DefaultMaxEntries = 100_000
)

// PartSize is the size in bytes of the parts in which contents are fetched, stored and
// evicted.
const PartSize = 1 << 20

// Options are the options of New. With the zero value, each Get checks with the origin
// that the cached version is current, and the store has at most DefaultMaxBytes.
type Options struct {
	// Origin identifies the origin in the store, so that a later process finds the
	// stored entries: the URL without credentials, for example. It must include
	// everything that decides which content a name has, such as a namespace, an account
	// or the ID of a crypt key. The key of an entry is made of Origin, the layers of
	// the origin as files.Layers lists them, and the file's name and version. If Origin
	// is empty, no other bucket and no later process uses the entries of this one.
	Origin string
	// MaxBytes bounds the sum of the sizes of all entries of the store, in bytes,
	// including those that other caches stored; 0 is DefaultMaxBytes. The disk may need
	// more, because files fill whole blocks and have attributes.
	MaxBytes int64
	// MaxEntries bounds the number of entries; 0 is DefaultMaxEntries. There is one
	// entry for each MiB of a file, and each takes memory in the index.
	MaxEntries int
	// MaxAge is how long a version that the origin has confirmed is returned without
	// another request; with 0 each Get makes one. Readers see a write through the cache
	// at once, and any other write after MaxAge at the latest.
	MaxAge time.Duration
	// RangesEvict lets the parts that a range needs evict other entries. Without it
	// they are stored only while there is room.
	RangesEvict bool
	// Stats, if not nil, counts what the cache does. Several caches may share one.
	Stats *Stats
	// OwnsOrigin and OwnsStore make Close close the origin and the store too, when the
	// last open body is closed.
	OwnsOrigin, OwnsStore bool
}

// complete returns the options with the defaults, after checking them.
func (o Options) complete() (Options, error) {
	switch {
	case o.MaxBytes < 0:
		return o, driver.Errorf(files.ErrInvalid, "negative MaxBytes %d", o.MaxBytes)
	case o.MaxEntries < 0:
		return o, driver.Errorf(files.ErrInvalid, "negative MaxEntries %d", o.MaxEntries)
	case o.MaxAge < 0:
		return o, driver.Errorf(files.ErrInvalid, "negative MaxAge %v", o.MaxAge)
	case len(o.Origin) > math.MaxUint16:
		return o, driver.Errorf(files.ErrInvalid, "Origin has %d bytes", len(o.Origin))
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.MaxEntries == 0 {
		o.MaxEntries = DefaultMaxEntries
	}
	if o.Stats == nil {
		o.Stats = &Stats{}
	}
	return o, nil
}
