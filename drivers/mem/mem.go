// Package mem keeps files in memory. It is a fake for an application's tests, and a
// store of files that need not outlive the process. It keeps the whole contract of
// package files except durability (P4).
//
//	b := mem.New(nil)       // a new bucket for a test: tests may run in parallel
//	b := mem.Open("shared") // the bucket that mem://shared names, one for the whole process
//
// By default it returns no more than what S3, Google Cloud Storage and Azure all
// return, so a program that relies on more fails in its tests and not in production.
// Options make it return more:
//
//   - Put's Info has no time (P3). PutTime adds it.
//   - Copy's Info has neither size nor digest, and only the attributes that were given,
//     unless CopyOptions.FullInfo requests the others (C1). CopyInfo adds them.
//   - The same bytes have the same version again, whatever their attributes (V1), as on
//     S3. VersionPerPut gives every Put and Copy a new one.
//   - Times are truncated to a second (V2). TimeResolution makes them finer.
//   - Of the digests that a Put was given, Get and Stat return only the CRC-32C.
//     GivenDigests makes them return all.
//
// It always does more than some clouds in two ways: it holds names that a cloud may
// refuse with errors.ErrUnsupported (Features.AnyName), and its bucket is never
// missing.
//
// Readers and listings never wait, not even for writers. They read a snapshot: looking
// up a name takes O(log n), and a listing is in order without sorting. A body is the
// stored content itself, which never changes, whatever is put or deleted meanwhile
// (G4).
//
// A bucket has no goroutine and no timer, and takes the time from Options.Clock, so it
// works inside a testing/synctest bubble. Content stays in memory until it has been
// replaced or deleted and its last Reader is unreachable.
package mem

import (
	"strings"
	"sync"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Options are the options of New. The zero value has no limit and takes the time from
// time.Now.
type Options struct {
	// Clock returns the time of a Put; nil is time.Now. It may be called while other
	// methods run, but is never called concurrently with itself. It must not use the
	// bucket.
	Clock func() time.Time
	// MaxSize is the size in bytes of the largest file; a larger one is ErrTooLarge. 0
	// or less is no limit.
	MaxSize int64

	// The following options make the bucket stronger than some clouds. A program whose
	// tests need one of them may not work on those clouds. As URL parameters they are
	// put_time, copy_info, version_per_put, given_digests and time_resolution.

	// PutTime makes Put's Info contain the time.
	PutTime bool
	// CopyInfo makes Copy's Info complete without CopyOptions.FullInfo.
	CopyInfo bool
	// VersionPerPut gives the file a new version with every Put and Copy, even of the
	// same bytes.
	VersionPerPut bool
	// GivenDigests makes Get and Stat return every digest that Put was given.
	GivenDigests bool
	// TimeResolution is the unit to which times are truncated; 0 or less is a second.
	TimeResolution time.Duration
}

// New returns a new, empty bucket, which nothing else can reach. It needs no Close.
// Its content is freed with the last reference to it. opts may be nil.
func New(opts *Options) files.Bucket { return driver.New(newBackend(opts)) }

var named = struct {
	sync.Mutex
	stores map[string]*backend
}{stores: map[string]*backend{}}

// Open returns the bucket of that name, which mem://name opens too. The first Open
// makes it, and it lives as long as the process. Each call returns a new handle;
// closing one affects neither the content nor the other handles. If name is empty, each
// call makes a new bucket, as mem:// does. A bucket that Open makes has the default
// options. If a URL made the bucket first, it has that URL's options.
func Open(name string) files.Bucket {
	return driver.New(openBackend(name, nil))
}

// openBackend returns the backend of that name. If there is none, it makes it with the
// options.
func openBackend(name string, opts *Options) *backend {
	if name == "" {
		return newBackend(opts)
	}
	named.Lock()
	defer named.Unlock()
	s, ok := named.stores[name]
	if !ok {
		s = newBackend(opts)
		named.stores[strings.Clone(name)] = s
	}
	return s
}
