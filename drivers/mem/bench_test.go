package mem_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// fill puts n files of the same small content; tree spreads them over directories of 1,000.
func fill(tb testing.TB, b files.Bucket, n int, tree bool, content []byte) []string {
	tb.Helper()
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("file-%07d.bin", i)
		if tree {
			names[i] = fmt.Sprintf("dir-%04d/%s", i/1000, names[i])
		}
		if _, err := b.Put(context.Background(), names[i], bytes.NewReader(content), nil); err != nil {
			tb.Fatal(err)
		}
	}
	return names
}

// workers runs f b.N times in all, in g goroutines, each with a number of its own.
func workers(b *testing.B, g int, f func(worker, i int) error) {
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for w := range g {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				if err := f(w, int(i)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// BenchmarkFile is get, put, stat and delete of small and large files among 1,000 names, by 1 to 16 goroutines.
func BenchmarkFile(b *testing.B) {
	ctx := context.Background()
	for _, size := range []int{1 << 10, 1 << 20} {
		content := make([]byte, size)
		for _, op := range []string{"get", "put", "stat", "putdelete"} {
			for _, g := range []int{1, 4, 16} {
				b.Run(fmt.Sprintf("%s/%d/%d", op, size, g), func(b *testing.B) {
					bucket := mem.New(nil)
					names := fill(b, bucket, 1000, false, content[:1024])
					const few = 16 // of the large ones
					for _, name := range names[:few] {
						if _, err := bucket.Put(ctx, name, bytes.NewReader(content), nil); err != nil {
							b.Fatal(err)
						}
					}
					if size > 1024 {
						names = names[:few]
					}
					bufs := make([][]byte, g)
					for w := range bufs {
						bufs[w] = make([]byte, size)
					}
					run := map[string]func(w, i int) error{
						"get": func(w, i int) error {
							r, err := bucket.Get(ctx, names[i%len(names)], nil)
							if err != nil {
								return err
							}
							defer r.Close()
							_, err = io.ReadFull(r, bufs[w])
							return err
						},
						"put": func(w, i int) error {
							_, err := bucket.Put(ctx, names[i%len(names)], bytes.NewReader(content), nil)
							return err
						},
						"stat": func(w, i int) error {
							_, err := bucket.Stat(ctx, names[i%len(names)], nil)
							return err
						},
						"putdelete": func(w, i int) error {
							name := names[i%len(names)] + "x"
							if _, err := bucket.Put(ctx, name, bytes.NewReader(content), nil); err != nil {
								return err
							}
							return bucket.Delete(ctx, name, nil)
						},
					}[op]
					b.ReportAllocs()
					if op != "stat" {
						b.SetBytes(int64(size))
					}
					workers(b, g, run)
				})
			}
		}
	}
}

// BenchmarkList is a listing of all, and of the first level.
func BenchmarkList(b *testing.B) {
	for _, tree := range []bool{false, true} {
		for _, n := range []int{1_000, 10_000, 100_000, 1_000_000} {
			var bucket files.Bucket
			for _, shallow := range []bool{false, true} {
				b.Run(fmt.Sprintf("tree=%v/%d/shallow=%v", tree, n, shallow), func(b *testing.B) {
					if bucket == nil {
						bucket = mem.New(nil)
						fill(b, bucket, n, tree, nil)
					}
					want := n
					if tree && shallow {
						want = n / 1000
					}
					b.ReportAllocs()
					for b.Loop() {
						count := 0
						for _, err := range bucket.List(context.Background(), "", &files.ListOptions{Shallow: shallow}) {
							if err != nil {
								b.Fatal(err)
							}
							count++
						}
						if count != want {
							b.Fatalf("%d entries, want %d", count, want)
						}
					}
				})
			}
		}
	}
}

// A get with everything read takes at most four allocations.
func TestGetAllocations(t *testing.T) {
	b := mem.New(nil)
	names := fill(t, b, 1_000, false, make([]byte, 1024))
	ctx := context.Background()
	if n := testing.AllocsPerRun(200, func() {
		r, err := b.Get(ctx, names[500], nil)
		if err != nil {
			t.Fatal(err)
		}
		if p, err := r.ReadAll(); len(p) != 1024 || err != nil {
			t.Fatal(err)
		}
		r.Close()
	}); n > 4 {
		t.Errorf("%v allocations", n)
	}
}
