package cache_test

import (
	"fmt"
	"io"
	"sync"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/cache"
)

// BenchmarkCache reads 1 MiB over memory: without a cache, from a warm one, and from a
// cold one, alone and by a hundred readers at once. It reports the requests and the
// downloads that one iteration takes behind the cache.
func BenchmarkCache(b *testing.B) {
	const size = 1 << 20
	origin := counting(b, nil)
	content := random(1, size)
	if _, err := files.PutBytes(b.Context(), origin.Bucket, "a", content, nil); err != nil {
		b.Fatal(err)
	}
	cold := func() files.Bucket {
		c, err := cache.New(origin.Bucket, mem.New(nil), nil)
		if err != nil {
			b.Fatal(err)
		}
		return c
	}
	readAll := func(from files.Bucket) {
		if _, err := files.Download(b.Context(), from, "a", io.Discard, nil); err != nil {
			b.Error(err)
		}
	}
	warm := cold()
	readAll(warm)
	for _, c := range []struct {
		what    string
		readers int
		bucket  func() files.Bucket
	}{
		{"bare", 1, func() files.Bucket { return origin.Bucket }},
		{"hit", 1, func() files.Bucket { return warm }},
		{"cold", 1, cold},
		{"cold", 100, cold},
	} {
		b.Run(fmt.Sprintf("%s/readers=%d", c.what, c.readers), func(b *testing.B) {
			b.SetBytes(int64(size * c.readers))
			origin.reset()
			n := 0.0
			for b.Loop() {
				n++
				from := c.bucket()
				var wg sync.WaitGroup
				for range c.readers {
					wg.Go(func() { readAll(from) })
				}
				wg.Wait()
			}
			gets, bodies := origin.reset()
			b.ReportMetric(float64(gets)/n, "requests/op")
			b.ReportMetric(float64(bodies)/n, "downloads/op")
		})
	}
}
