package cache

import (
	"math"
	"time"

	"cloudfiles.dev/files"
)

// The defaults of Options.
const (
	DefaultMaxBytes   = 1 << 30
	DefaultMaxEntries = 100_000
)

// PartSize is the unit, in bytes, in which contents are fetched, stored and evicted.
const PartSize = 1 << 20

// Options are the options of New. The zero value asks the origin at each read whether
// what is cached is current, and keeps at most DefaultMaxBytes.
type Options struct {
	// Origin names the origin in the store, so that a later process finds again what is
	// there: the URL without credentials, for example. Whatever can give a name another
	// content belongs in it: a namespace, an account, a crypt key's id. Together with
	// the layers of the origin, as files.Layers lists them, and the file's name and
	// version it is the key of an entry. If Origin is empty, the cache is for this one
	// bucket: no other bucket, and no later process, finds what it has stored.
	Origin string
	// MaxBytes bounds the sizes of all entries of the store together, whoever stored
	// them, in bytes; 0 is DefaultMaxBytes. A file system's own blocks and what it
	// needs for attributes come on top.
	MaxBytes int64
	// MaxEntries bounds their number; 0 is DefaultMaxEntries. Each costs about 200
	// bytes of memory. There is one for each MiB of a file.
	MaxEntries int
	// MaxAge is for how long what the origin has confirmed is served without asking
	// again; 0 asks at each Get. A write through the cache ends it at once. A write
	// that doesn't pass through the cache is seen after MaxAge at the latest.
	MaxAge time.Duration
	// RangesEvict lets what is read in part evict other entries. Without it the parts
	// of a file that a range needs are stored only while there is room.
	RangesEvict bool
	// Stats, if not nil, counts what the cache does. One may be shared by several.
	Stats *Stats
	// OwnsOrigin and OwnsStore close the origin and the store with the cache, once the
	// last open body is closed.
	OwnsOrigin, OwnsStore bool
}

// complete checks the options and fills in the defaults.
func (o Options) complete() (Options, error) {
	switch {
	case o.MaxBytes < 0:
		return o, files.Errorf(files.ErrInvalid, "negative MaxBytes %d", o.MaxBytes)
	case o.MaxEntries < 0:
		return o, files.Errorf(files.ErrInvalid, "negative MaxEntries %d", o.MaxEntries)
	case o.MaxAge < 0:
		return o, files.Errorf(files.ErrInvalid, "negative MaxAge %v", o.MaxAge)
	case len(o.Origin) > math.MaxUint16:
		return o, files.Errorf(files.ErrInvalid, "Origin has %d bytes", len(o.Origin))
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
