package cache_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/cache"
	"cloudfiles.dev/files/crypt"
)

// TestCryptKeys: caches of one encrypted bucket over one store, each with other keys,
// never return what their own keys can't read, although Origin is the same, and whether
// each Get asks the origin or not.
func TestCryptKeys(t *testing.T) {
	key := func(id string, n byte) crypt.Key {
		return crypt.Key{ID: id, Secret: append(bytes.Repeat([]byte{n}, 31), id[0])}
	}
	one, two := key("1", 1), key("2", 2)
	for _, maxAge := range []time.Duration{0, time.Hour} {
		below, store := mem.New(nil), mem.New(nil)
		open := func(keys ...crypt.Key) files.Bucket {
			origin, err := crypt.New(below, &crypt.Options{Keys: keys})
			if err != nil {
				t.Fatal(err)
			}
			return newCache(t, origin, store, &cache.Options{Origin: "mem://o", MaxAge: maxAge})
		}
		buckets := map[string]files.Bucket{
			"1": open(one), "2": open(two), "2 and 1": open(two, one),
			"unencrypted": newCache(t, below, store, &cache.Options{
				Origin: "mem://o",
				MaxAge: maxAge,
			}),
		}
		content := random(30, 5000)
		put(t, buckets["1"], "of 1", content)
		put(t, buckets["2"], "of 2", content)
		reads := map[string]string{"1": "of 1", "2": "of 2", "2 and 1": "of 1, of 2"}
		for range 3 {
			for keys, b := range buckets {
				for _, name := range []string{"of 1", "of 2"} {
					for _, r := range []files.Range{{}, files.Last(7)} {
						err := readErr(t.Context(), b, name, r, content)
						can := bytes.Contains([]byte(reads[keys]), []byte(name))
						if can != (err == nil) ||
							!can && keys != "unencrypted" && !errors.Is(err, files.ErrPermission) {
							t.Errorf("MaxAge %v, with %s: %v of %q: %v", maxAge, keys, r, name, err)
						}
					}
				}
			}
		}
	}
}
