package cache_test

import (
	"testing"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/cache"
)

// TestWrapper: a cache has the Features of its origin, and keeps them.
func TestWrapper(t *testing.T) {
	conformance.RunWrapper(t, func(b files.Bucket) files.Bucket {
		c, err := cache.New(b, mem.New(nil), nil)
		if err != nil {
			panic(err)
		}
		return c
	}, &conformance.WrapperOptions{Known: map[string]string{
		"C1/digest": "what was read whole before the damage is served from the cache, undamaged",
	}})
}
