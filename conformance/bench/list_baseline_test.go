package bench

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"
)

// BenchmarkListRatio lists 50,000 files, 1,000 in each folder, by fileblob's iterator and
// by our List, in turns, and reports the ratios of the medians. The trees are:
//   - plain: made by bare calls
//   - own: one made by fileblob, in which each file has a sidecar, and one made by us
//   - fileblob: made by fileblob
//   - sidecars: made by us, with a sidecar for each file
func BenchmarkListRatio(b *testing.B) {
	const n = 50000
	name := func(i int) string { return fmt.Sprintf("d%03d/file%03d.txt", i/1000, i%1000) }
	written := func(b *testing.B, open func(b testing.TB, dir string) subject) string {
		dir := folder(b)
		s := open(b, dir)
		for i := range n {
			if err := s.put(name(i), []byte("x")); err != nil {
				b.Fatal(err)
			}
		}
		return dir
	}
	ours := func(b testing.TB, dir string) subject { return openLocal(b, dir, false, withMetadata) }
	plain := func(b testing.TB, dir string) subject { return bucket{b: ours(b, dir).(bucket).b} }
	b.Run("tree=plain", func(b *testing.B) {
		dir := plant(b, n, name)
		b.Cleanup(func() { os.RemoveAll(dir) })
		benchRatio(b, n, openFileblob(b, dir), plain(b, dir))
	})
	b.Run("tree=own", func(b *testing.B) {
		benchRatio(b, n, openFileblob(b, written(b, openFileblob)), plain(b, written(b, plain)))
	})
	b.Run("tree=fileblob", func(b *testing.B) {
		dir := written(b, openFileblob)
		benchRatio(b, n, openFileblob(b, dir), plain(b, dir))
	})
	b.Run("tree=sidecars", func(b *testing.B) {
		dir := written(b, ours)
		benchRatio(b, n, openFileblob(b, dir), plain(b, dir))
	})
}

// benchRatio makes ten listings of ours for each one of theirs.
func benchRatio(b *testing.B, n int, theirs, ours subject) {
	var full, names, theirTimes []time.Duration
	list := func(s subject, namesOnly bool) time.Duration {
		start := time.Now()
		if got, err := s.list(namesOnly); got != n || err != nil {
			b.Fatalf("%d of %d files, %v", got, n, err)
		}
		return time.Since(start)
	}
	list(ours, false)
	for b.Loop() {
		for range 5 {
			full, names = append(full, list(ours, false)), append(names, list(ours, true))
		}
		theirTimes = append(theirTimes, list(theirs, false))
		for range 5 {
			full, names = append(full, list(ours, false)), append(names, list(ours, true))
		}
	}
	theirTime := median(theirTimes)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(theirTime.Seconds()*1e3, "fileblob-ms")
	b.ReportMetric(median(full).Seconds()*1e3, "full-ms")
	b.ReportMetric(median(names).Seconds()*1e3, "names-ms")
	b.ReportMetric(float64(theirTime)/float64(median(full)), "x-full")
	b.ReportMetric(float64(theirTime)/float64(median(names)), "x-names")
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}
