package cache_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/cache"
)

// TestMaxAge: for MaxAge the origin gets no request, and a write through the cache
// ends that.
func TestMaxAge(t *testing.T) {
	origin := counting(t, nil)
	b := newCache(t, origin.Bucket, mem.New(nil), &cache.Options{MaxAge: time.Hour})
	put(t, origin.Bucket, "a", []byte("one"))
	read(t, b, "a", files.Range{}, []byte("one"))
	origin.reset()
	put(t, origin.Bucket, "a", []byte("two")) // not through the cache
	read(t, b, "a", files.Range{}, []byte("one"))
	if gets, _ := origin.reset(); gets != 0 {
		t.Errorf("%d requests", gets)
	}
	// Update reads an outdated version within MaxAge, but must not try forever.
	if _, err := files.Update(t.Context(), b, "a", func(old []byte) ([]byte, error) {
		return append(old, '!'), nil
	}, nil); err != nil {
		t.Error(err)
	}
	read(t, b, "a", files.Range{}, []byte("two!"))
}

func TestOptions(t *testing.T) {
	o, s := mem.New(nil), mem.New(nil)
	for what, f := range map[string]func() (files.Bucket, error){
		"negative bytes": func() (files.Bucket, error) {
			return cache.New(o, s, &cache.Options{MaxBytes: -1})
		},
		"negative entries": func() (files.Bucket, error) {
			return cache.New(o, s, &cache.Options{MaxEntries: -1})
		},
		"negative age": func() (files.Bucket, error) {
			return cache.New(o, s, &cache.Options{MaxAge: -1})
		},
		"endless origin": func() (files.Bucket, error) {
			return cache.New(o, s, &cache.Options{Origin: strings.Repeat("x", 1<<20)})
		},
		"no origin": func() (files.Bucket, error) { return cache.New(nil, s, nil) },
		"no store":  func() (files.Bucket, error) { return cache.New(o, nil, nil) },
		"itself":    func() (files.Bucket, error) { return cache.New(o, o, nil) },
	} {
		if b, err := f(); b != nil || !errors.Is(err, files.ErrInvalid) {
			t.Errorf("%s: New = %v, %v, want nil and ErrInvalid", what, b, err)
		}
	}
	if l := files.Layers(newCache(t, o, s, &cache.Options{MaxBytes: 3 << 20})); l[0] !=
		"cache 3 MiB" {
		t.Errorf(`the layers are %q, want "cache 3 MiB" first`, l)
	}
	var none *cache.Stats
	if none.Counts() != (cache.Counts{}) {
		t.Error("the nil Stats counts")
	}
}
