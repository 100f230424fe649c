package bench

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/files"
)

var sizes = []struct {
	name string
	n    int
}{{"1KiB", 1 << 10}, {"1MiB", 1 << 20}}

func content(n int) []byte {
	p := make([]byte, n)
	rand.NewChaCha8([32]byte{1}).Read(p)
	return p
}

func name(i int) string { return fmt.Sprintf("dir%02d/file%06d.bin", i%10, i) }

// populated opens a subject and puts 1,000 files into it.
func populated(b *testing.B, disk bool, open func(testing.TB, string) subject, p []byte) subject {
	dir := ""
	if disk {
		dir = folder(b)
		for i := range 10 { // bare doesn't make folders
			if err := os.Mkdir(filepath.Join(dir, fmt.Sprintf("dir%02d", i)), 0o777); err != nil {
				b.Fatal(err)
			}
		}
	}
	s := open(b, dir)
	for i := range 1000 {
		if err := s.put(name(i), p); err != nil {
			b.Fatal(err)
		}
	}
	return s
}

// each runs the benchmark for every subject and size, among 1,000 files.
func each(b *testing.B, run func(b *testing.B, s subject, content []byte)) {
	for _, size := range sizes {
		for _, sub := range subjects {
			b.Run(fmt.Sprintf("size=%s/impl=%s", size.name, sub.name), func(b *testing.B) {
				p := content(size.n)
				s := populated(b, sub.disk, sub.open, p[:min(len(p), 1<<12)])
				if err := s.put("dir00/the.bin", p); err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				b.SetBytes(int64(size.n))
				b.ResetTimer()
				run(b, s, p)
			})
		}
	}
}

func BenchmarkPut(b *testing.B) {
	each(b, func(b *testing.B, s subject, p []byte) {
		for i := 0; b.Loop(); i++ {
			if err := s.put(name(i%1000), p); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkGet(b *testing.B) {
	each(b, func(b *testing.B, s subject, p []byte) {
		for b.Loop() {
			if n, err := s.get("dir00/the.bin"); n != int64(len(p)) || err != nil {
				b.Fatal(n, err)
			}
		}
	})
}

func BenchmarkStat(b *testing.B) {
	each(b, func(b *testing.B, s subject, p []byte) {
		for i := 0; b.Loop(); i++ {
			if err := s.stat(name(i % 1000)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkPutDelete puts a new file and deletes it. Subtract BenchmarkPut's time.
func BenchmarkPutDelete(b *testing.B) {
	each(b, func(b *testing.B, s subject, p []byte) {
		for b.Loop() {
			if err := s.put("dir00/new.bin", p); err != nil {
				b.Fatal(err)
			}
			if err := s.del("dir00/new.bin"); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkParallel mixes nine gets with a put, in 1 to 16 goroutines.
func BenchmarkParallel(b *testing.B) {
	for _, g := range []int{1, 2, 4, 8, 16} {
		for _, sub := range subjects {
			b.Run(fmt.Sprintf("goroutines=%d/impl=%s", g, sub.name), func(b *testing.B) {
				p := content(1 << 10)
				s := populated(b, sub.disk, sub.open, p)
				b.ReportAllocs()
				b.SetParallelism(max(g/runtime.GOMAXPROCS(0), 1))
				if g < runtime.GOMAXPROCS(0) {
					defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(g))
				}
				var next atomic.Int64
				b.ResetTimer()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						i := int(next.Add(1))
						var err error
						if i%10 == 0 {
							err = s.put(name(i*7%1000), p)
						} else {
							_, err = s.get(name(i * 7 % 1000))
						}
						if err != nil {
							b.Error(err)
							return
						}
					}
				})
			})
		}
	}
}

// BenchmarkGet1GiB reads a large file that is in the page cache: by bare reads of 1 MiB,
// with and without the check of the digest, and into another file.
func BenchmarkGet1GiB(b *testing.B) {
	if testing.Short() {
		b.Skip("writes 2 GiB")
	}
	dir := folder(b)
	s := openLocal(b, dir, false, files.PutOptions{}).(bucket)
	if _, err := s.b.Put(ctx, "large.bin", io.LimitReader(rand.NewChaCha8([32]byte{2}), 1<<30),
		nil); err != nil {
		b.Fatal(err)
	}
	for _, way := range []struct {
		name string
		read func() (int64, error)
	}{
		{"os", func() (int64, error) { return bare{dir: dir}.get("large.bin") }},
		{"local-unverified", func() (int64, error) { return s.copyTo(io.Discard, true) }},
		{"local", func() (int64, error) { return s.copyTo(io.Discard, false) }},
		{"fileblob", func() (int64, error) { return openFileblob(b, dir).get("large.bin") }},
		{"local-to-file", func() (int64, error) {
			f, err := os.Create(filepath.Join(dir, "copy"))
			if err != nil {
				return 0, err
			}
			defer f.Close()
			return s.copyTo(f, true)
		}},
	} {
		b.Run("impl="+way.name, func(b *testing.B) {
			b.SetBytes(1 << 30)
			for b.Loop() {
				if n, err := way.read(); n != 1<<30 || err != nil {
					b.Fatal(n, err)
				}
			}
		})
	}
}

func (s bucket) copyTo(w io.Writer, skip bool) (int64, error) {
	r, err := s.b.Get(ctx, "large.bin", &files.GetOptions{SkipVerify: skip})
	if err != nil {
		return 0, err
	}
	defer r.Close()
	return io.Copy(w, r)
}
