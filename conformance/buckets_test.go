package conformance_test

import (
	"sync"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/files"
)

// buckets has what a harness made each bucket from.
type buckets[S any] struct{ m *sync.Map }

func newBuckets[S any]() buckets[S] { return buckets[S]{&sync.Map{}} }

// add keeps s until the case has ended.
func (r buckets[S]) add(t conformance.T, b files.Bucket, s S) files.Bucket {
	r.m.Store(b, s)
	t.Cleanup(func() { r.m.Delete(b) })
	return b
}

func (r buckets[S]) of(b files.Bucket) S {
	s, _ := r.m.Load(b)
	return s.(S)
}
