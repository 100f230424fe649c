package wrappers

import (
	"bytes"
	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
	"slices"
	"sync"
)

// wrappedOf returns the buckets that belong to the case's bucket.
func wrappedOf(t suite.T, h *suite.H) *wrappedBucket {
	t.Helper()
	return ofBucket(t, h.Bucket)
}

// putInner puts a file and finds the name that it has in the inner bucket. plain is
// true if its content is stored unchanged. The name is "" if the wrapper does not store
// one file a name.
func putInner(t suite.T, h *suite.H, name string) (physical string, plain bool) {
	t.Helper()
	u := wrappedOf(t, h)
	before := check.List(t, u.raw, "", nil)
	c := innerContent(name)
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

// innerContent is the content that putInner puts. It is compressible, so that a wrapper
// that compresses is noticed.
func innerContent(name string) []byte {
	return append(check.Content(len(name), 700), bytes.Repeat([]byte("Rain again. "), 500)...)
}

// writesRefused reports whether the method writes and the wrapper is read-only, in
// which case the error may be ErrPermission first.
func (u *wrappedBucket) writesRefused(method string) bool {
	return u.outer.Features().ReadOnly &&
		!slices.Contains([]string{"Get", "Stat", "List", "Check", "SignURL GET"}, method)
}

// wrapped has the *wrappedBucket of each bucket that the suite uses.
var wrapped sync.Map

// wrappedBucket has what belongs to one bucket that the suite uses.
type wrappedBucket struct {
	by    *wrapping
	store *innerHandle
	raw   files.Bucket // over the store, without refusals
	inner files.Bucket // passed to wrap
	outer files.Bucket // returned by wrap
}

func ofBucket(t suite.T, b files.Bucket) *wrappedBucket {
	t.Helper()
	made, ok := wrapped.Load(b)
	if !ok {
		t.Fatalf("the suite has lost the inner bucket")
	}
	return made.(*wrappedBucket)
}
