package wrappers

import (
	"bytes"
	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
	"slices"
	"sync"
)

// under is what belongs to the case's bucket.
func under(t suite.T, h *suite.H) *wrappedBucket {
	t.Helper()
	return ofBucket(t, h.Bucket)
}

// putBelow puts a file and finds out under which name it lies below; plain is true where
// its content is stored as it is. The name is "" where the wrapper stores something
// else than one file a name.
func putBelow(t suite.T, h *suite.H, name string) (physical string, plain bool) {
	t.Helper()
	u := under(t, h)
	before := check.List(t, u.raw, "", nil)
	c := belowContent(name)
	check.Put(t, h, name, c, nil)
	var found []string
	for _, n := range check.List(t, u.raw, "", nil) {
		if !slices.Contains(before, n) {
			found = append(found, n)
		}
	}
	if len(found) != 1 {
		return "", false
	}
	p, _, err := check.Read(t.Context(), u.raw, found[0], nil)
	return found[0], err == nil && check.Diff(p, c) == ""
}

// belowContent is what putBelow puts. It can be compressed, so that a wrapper that does
// so is known.
func belowContent(name string) []byte {
	return append(check.Content(len(name), 700), bytes.Repeat([]byte("Rain again. "), 500)...)
}

// writesRefused says whether the method writes and the wrapper is read-only, which may
// be told first.
func (u *wrappedBucket) writesRefused(method string) bool {
	return u.outer.Features().ReadOnly &&
		!slices.Contains([]string{"Get", "Stat", "List", "Check", "SignURL GET"}, method)
}

// wrapped has the *wrappedBucket of each bucket that the suite works with.
var wrapped sync.Map

// wrappedBucket is what belongs to one bucket that the suite works with.
type wrappedBucket struct {
	by    *wrapping
	store *below
	raw   files.Bucket // of the store, with nothing refused
	inner files.Bucket // what wrap was given
	outer files.Bucket // what it returned
}

func ofBucket(t suite.T, b files.Bucket) *wrappedBucket {
	t.Helper()
	made, ok := wrapped.Load(b)
	if !ok {
		t.Fatalf("the suite has lost what is below the bucket")
	}
	return made.(*wrappedBucket)
}
