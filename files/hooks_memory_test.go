package files_test

import (
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/internal/blockcache"
)

// TestClosedWrapperForgetsBlocks: a wrapper that is closed keeps no blocks of its files in
// memory, whether that memory is its own or that of the bucket below.
func TestClosedWrapperForgetsBlocks(t *testing.T) {
	r := newRemote(t)
	if _, err := files.PutBytes(ctx, r, "a", randomBytes(1<<20), nil); err != nil {
		t.Fatal(err)
	}
	for what, below := range map[string]files.Bucket{
		"shared": files.Wrap(r, files.Hooks{}),
		"own":    bare{b: r},
	} {
		b := files.Wrap(below, files.Hooks{})
		f, err := files.OpenAt(ctx, b, "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.ReadAt(make([]byte, 100), 500_000); err != nil {
			t.Fatal(err)
		}
		cache := b.(blockcache.Sharer).BlockShare().Cache
		if cache.Used() == 0 {
			t.Errorf("%s: no block is in memory", what)
		}
		b.Close()
		if n := cache.Used(); n != 0 {
			t.Errorf("%s: %d bytes stay in memory, want none", what, n)
		}
		f.Close()
	}
}
