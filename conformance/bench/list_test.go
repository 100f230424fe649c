package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkList lists 1k to 1M files, in one folder and in a tree with 1,000 files in
// each folder. memblob and fileblob take quadratic time, so they list at most 50k files,
// and 10k with -short.
func BenchmarkList(b *testing.B) {
	for _, shape := range []string{"flat", "tree"} {
		for _, n := range []int{1e3, 1e4, 5e4, 1e5, 1e6} {
			if n > 1e5 && testing.Short() {
				continue
			}
			benchList(b, shape, n)
		}
	}
}

func benchList(b *testing.B, shape string, n int) {
	fileName := func(i int) string {
		if shape == "flat" {
			return fmt.Sprintf("file%07d.txt", i)
		}
		return fmt.Sprintf("d%03d/file%03d.txt", i/1000, i%1000)
	}
	dir := "" // of a tree for all subjects on disk, which share a format
	for _, sub := range subjects {
		quadratic := sub.name == "memblob" || sub.name == "fileblob"
		if quadratic && n > 1e4 && (n != 5e4 || testing.Short()) ||
			len(sub.name) > 5 && sub.name[:6] == "local-" || sub.name == "os-synced" {
			continue
		}
		for _, names := range []bool{false, true} {
			if names && quadratic {
				continue // it has no such option
			}
			b.Run(fmt.Sprintf("shape=%s/n=%d/names=%v/impl=%s", shape, n, names, sub.name),
				func(b *testing.B) {
					if sub.disk && dir == "" {
						dir = plant(b, n, fileName)
					}
					s := sub.open(b, dir)
					for i := 0; !sub.disk && i < n; i++ {
						if err := s.put(fileName(i), []byte("x")); err != nil {
							b.Fatal(err)
						}
					}
					b.ReportAllocs()
					b.ResetTimer()
					for b.Loop() {
						if got, err := s.list(names); got != n || err != nil {
							b.Fatalf("%d of %d files, %v", got, n, err)
						}
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n),
						"ns/name")
				})
		}
	}
	if dir != "" {
		os.RemoveAll(dir)
	}
}

// plant makes the files by bare calls, in a new folder.
func plant(b *testing.B, n int, fileName func(int) string) string {
	dir, err := os.MkdirTemp(os.Getenv("CLOUDFILES_BENCH_DIR"), "cloudfiles-bench-")
	if err != nil {
		b.Fatal(err)
	}
	last := ""
	for i := range n {
		p := filepath.Join(dir, fileName(i))
		if d := filepath.Dir(p); d != last {
			if err := os.MkdirAll(d, 0o777); err != nil {
				b.Fatal(err)
			}
			last = d
		}
		if err := os.WriteFile(p, []byte("x"), 0o666); err != nil {
			b.Fatal(err)
		}
	}
	return dir
}
