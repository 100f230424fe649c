package cache_test

import (
	"errors"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	_ "cloudfiles.dev/drivers/local"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/cache"
)

// TestStoresThatMakeNoSense: entries among the origin's own files would be listed and
// cached themselves, and a read-only store could never have one.
func TestStoresThatMakeNoSense(t *testing.T) {
	m := mem.New(nil)
	inside, err := files.Sub(m, "cache")
	if err != nil {
		t.Fatal(err)
	}
	beside, err := files.Sub(m, "data")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		origin, store files.Bucket
		want          error
	}{
		"itself":           {m, m, files.ErrInvalid},
		"inside":           {m, inside, files.ErrInvalid},
		"around":           {inside, m, files.ErrInvalid},
		"read-only":        {m, files.ReadOnly(mem.New(nil)), errors.ErrUnsupported},
		"another":          {m, mem.New(nil), nil},
		"beside":           {beside, inside, nil},
		"read-only origin": {files.ReadOnly(m), mem.New(nil), nil},
	} {
		b, err := cache.New(c.origin, c.store, nil)
		if !errors.Is(err, c.want) || (b == nil) != (c.want != nil) {
			t.Errorf("%s: New = %v, %v, want the error %v", name, b, err, c.want)
		}
	}
}

// TestCacheFolderInItsOrigin: the same by URL, if the origin's folder is the store's, or
// one around it.
func TestCacheFolderInItsOrigin(t *testing.T) {
	dir := "file://" + filepath.ToSlash(t.TempDir())
	for _, store := range []string{dir, dir + "/cache?create_dir=1"} {
		b, err := files.Open(t.Context(), dir+"?cache="+url.QueryEscape(store))
		if !errors.Is(err, files.ErrInvalid) || !strings.Contains(err.Error(), "files in common") {
			t.Errorf("the cache %s in its own origin: %v, want ErrInvalid", store, err)
		}
		if b != nil {
			b.Close()
		}
	}
}
