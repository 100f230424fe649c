// Package mem keeps files in memory. It is the fake for an application's tests, and a
// store for what need not outlive the process. It keeps the whole contract of package
// files but durability (P4).
//
//	b := mem.New(nil)       // a bucket of a test's own: tests may run in parallel
//	b := mem.Open("shared") // the bucket that mem://shared names, one for the whole process
//
// As a fake it is as weak as the clouds. By default it returns no more than S3, Google
// Cloud Storage and Azure all do, so a program that relies on more fails in its own
// tests and not in production. [Options] make it stronger:
//
//   - Put's Info has no time (P3). PutTime adds it.
//   - Copy's Info has neither size nor digest, and no attributes but those that were
//     given, unless CopyOptions.FullInfo asks for them (C1). CopyInfo adds them.
//   - The same bytes have the same version again, whatever their attributes (V1), as on
//     S3. VersionPerPut gives every Put and Copy a new one.
//   - Times are cut to a second (V2). TimeResolution makes them finer.
//   - Of the digests that a Put was given, only the CRC-32C comes back. GivenDigests
//     keeps all.
//
// In two things it stays stronger than some clouds. It holds names that a cloud may
// refuse, with errors.ErrUnsupported (Features.AnyName). And it can't show a bucket that
// is missing.
//
// Readers and listings never wait, not even for writers. They read a snapshot, in
// O(log n) for one name, and in order without sorting for many. A body is the content
// that was stored, which nobody changes, so it stays the same whatever is put or
// deleted meanwhile (G4).
//
// There is no goroutine and no timer, and time comes from Options.Clock, so a bucket
// works inside a testing/synctest bubble. Content stays in memory until it is replaced
// or deleted and the last Reader of it is gone.
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
	// methods run, but never concurrently with itself, and it must not use the bucket.
	Clock func() time.Time
	// MaxSize is the size in bytes of the largest file; a larger one is ErrTooLarge. 0
	// or less is no limit.
	MaxSize int64

	// What follows makes the bucket stronger than some clouds are. A program whose
	// tests need one of them may not work on these. As URL parameters they are
	// put_time, copy_info, version_per_put, given_digests and time_resolution.

	// PutTime makes Put's Info have the time.
	PutTime bool
	// CopyInfo makes Copy's Info complete without CopyOptions.FullInfo.
	CopyInfo bool
	// VersionPerPut makes a new version at every Put and Copy, also for the same bytes.
	VersionPerPut bool
	// GivenDigests makes Get and Stat return every digest that Put was given.
	GivenDigests bool
	// TimeResolution is the unit that times are cut to; 0 or less is a second.
	TimeResolution time.Duration
}

// New returns a new, empty bucket, which nothing else can reach. It needs no Close.
// After Close its content goes with the last reference to it. opts may be nil.
func New(opts *Options) files.Bucket { return driver.New(newBackend(opts)) }

var named = struct {
	sync.Mutex
	stores map[string]*backend
}{stores: map[string]*backend{}}

// Open returns the bucket of that name, the one that mem://name opens. The first Open
// makes it, and it lives as long as the process. Each call returns a handle of its own;
// closing one leaves the content and the other handles. An empty name stands for a new
// bucket each time, as mem:// does. A bucket that Open makes has the default options.
// If a URL made the bucket first, it has that URL's options.
func Open(name string) files.Bucket {
	return driver.New(openBackend(name, nil))
}

// openBackend returns the store of that name, which the options make if there is none.
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
