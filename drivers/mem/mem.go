// Package mem is the bucket in memory, for mem:// URLs: the fake for an application's tests, and a store for what need not outlive
// the process. It keeps the whole contract of package files but durability (P4), and lists and answers only what
// clouds do, so that what works here works there.
//
//	b := mem.New(nil)       // a bucket of a test's own: tests may run in parallel
//	b := mem.Open("shared") // the bucket that mem://shared names, one for the whole process
//
// Readers and listings never wait, not even for writers: they read a snapshot, in O(log n) for one name and in order
// without sorting for many. A body is the content that was stored, which nobody changes, so it stays what it is
// whatever is put or deleted meanwhile (G4).
//
// There is no goroutine and no timer, and time comes from Options.Clock: a bucket works inside a testing/synctest bubble.
// Content stays in memory until it is replaced or deleted and the last Reader of it is gone.
package mem

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Options are the options of New. The zero value has no limit and takes the time from time.Now.
type Options struct {
	// Clock tells the time of a Put; nil is time.Now. It is called concurrently with everything but
	// itself, and must not use the bucket.
	Clock func() time.Time
	// MaxSize is the largest file in bytes: more is ErrTooLarge. 0 or less is no limit.
	MaxSize int64
}

// New returns a new, empty bucket, which nothing else reaches. It needs no Close; after Close its content is gone with
// the last reference. Options may be nil.
func New(opts *Options) files.Bucket { return driver.New(newStore(opts)) }

var named = struct {
	sync.Mutex
	stores map[string]*store
}{stores: map[string]*store{}}

// Open returns the bucket of that name, the one that mem://name opens: made by the first Open, it lives as long as the
// process. Each call returns a handle of its own; closing that one leaves the content and the others. An empty name
// stands for a new bucket each time, as mem:// does.
func Open(name string) files.Bucket {
	if name == "" {
		return New(nil)
	}
	named.Lock()
	defer named.Unlock()
	s, ok := named.stores[name]
	if !ok {
		s = newStore(nil)
		named.stores[strings.Clone(name)] = s
	}
	return driver.New(s)
}

func init() {
	files.Register(files.Scheme{
		Name:    "mem",
		Package: "cloudfiles.dev/drivers/mem",
		Example: "mem://name",
		Params:  []files.Param{{Name: "nomd5", Values: "true", Doc: "changes nothing: MD5 is computed only for a Put that is given one; Go CDK URLs have it"}},
		Open:    openURL,
	})
}

// openURL opens mem:// or mem://name; the name may have slashes.
func openURL(_ context.Context, u *url.URL) (files.Bucket, error) {
	switch {
	case u.Opaque != "":
		return nil, files.Errorf(files.ErrInvalid, "write mem:// for a new bucket or mem://name for a shared one")
	case u.User != nil:
		return nil, files.Errorf(files.ErrInvalid, "mem:// takes no user name and no password")
	}
	return Open(u.Host + strings.TrimRight(u.Path, "/")), nil
}
