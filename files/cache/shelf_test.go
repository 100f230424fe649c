package cache

import (
	"context"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestListingBesidePut: a listing of the store that misses an entry because its Put still
// runs does not remove the entry from the index, which bounds the store.
func TestListingBesidePut(t *testing.T) {
	var s *shelf
	store := files.Wrap(mem.New(nil), files.Hooks{
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if c.Op == files.OpPut {
				if err := s.list(ctx); err != nil {
					t.Error(err)
				}
			}
			return next(ctx)
		},
	})
	s = newShelf(store, Options{MaxBytes: 1 << 20, MaxEntries: 10, Stats: &Stats{}})
	k := keyOf('p', "a")
	for range 2 { // a new entry, and one that replaces it
		if !s.put(t.Context(), k, &header{Name: "a", Len: 100}, make([]byte, 100), false) {
			t.Fatal("the entry was not stored")
		}
		if !s.has(k) || s.bytes <= 100 {
			t.Errorf("after its Put the index counts %d bytes, has the entry: %v", s.bytes,
				s.has(k))
		}
		if err := s.list(t.Context()); err != nil || !s.has(k) {
			t.Errorf("after the next listing: %v, has the entry: %v", err, s.has(k))
		}
	}
	if err := store.Delete(t.Context(), k.name(), nil); err != nil {
		t.Fatal(err)
	}
	if err := s.list(t.Context()); err != nil || s.has(k) || s.bytes != 0 {
		t.Errorf("after another process removed it: %v, %d bytes", err, s.bytes)
	}
}
