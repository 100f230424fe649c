package mem_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
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

func BenchmarkGet(b *testing.B) {
	for _, size := range []int{1 << 10, 1 << 20} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			bucket := mem.New(nil)
			names := fill(b, bucket, max(1000*1024/size, 10), false, make([]byte, size))
			ctx := context.Background()
			b.ReportAllocs()
			b.SetBytes(int64(size))
			b.RunParallel(func(pb *testing.PB) {
				buf := make([]byte, size)
				for i := 0; pb.Next(); i++ {
					r, err := bucket.Get(ctx, names[i%len(names)], nil)
					if err != nil {
						b.Error(err)
						return
					}
					if _, err := io.ReadFull(r, buf); err != nil {
						b.Error(err)
					}
					r.Close()
				}
			})
		})
	}
}

func BenchmarkPut(b *testing.B) {
	for _, size := range []int{1 << 10, 1 << 20} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			bucket := mem.New(nil)
			content := make([]byte, size)
			names := fill(b, bucket, max(1000*1024/size, 10), false, content)
			ctx := context.Background()
			b.ReportAllocs()
			b.SetBytes(int64(size))
			b.RunParallel(func(pb *testing.PB) {
				for i := 0; pb.Next(); i++ {
					if _, err := bucket.Put(ctx, names[i%len(names)], bytes.NewReader(content), nil); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}

func BenchmarkStat(b *testing.B) {
	bucket := mem.New(nil)
	names := fill(b, bucket, 1000, false, make([]byte, 1024))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := bucket.Stat(b.Context(), names[i%len(names)], nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPutDelete is a file that comes and goes.
func BenchmarkPutDelete(b *testing.B) {
	bucket := mem.New(nil)
	content := make([]byte, 1024)
	fill(b, bucket, 1000, false, content)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := bucket.Put(b.Context(), "file-0000500x.bin", bytes.NewReader(content), nil); err != nil {
			b.Fatal(err)
		}
		if err := bucket.Delete(b.Context(), "file-0000500x.bin", nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkList(b *testing.B) {
	for _, tree := range []bool{false, true} {
		for _, n := range []int{1_000, 10_000, 100_000, 1_000_000} {
			b.Run(fmt.Sprintf("tree=%v/%d", tree, n), func(b *testing.B) {
				bucket := mem.New(nil)
				fill(b, bucket, n, tree, nil)
				for _, shallow := range []bool{false, true} {
					b.Run(fmt.Sprintf("shallow=%v", shallow), func(b *testing.B) {
						b.ReportAllocs()
						for b.Loop() {
							count := 0
							for _, err := range bucket.List(b.Context(), "", &files.ListOptions{Shallow: shallow}) {
								if err != nil {
									b.Fatal(err)
								}
								count++
							}
							if want := map[bool]int{true: (n + 999) / 1000, false: n}[tree && shallow]; count != want {
								b.Fatalf("%d entries, want %d", count, want)
							}
						}
					})
				}
			})
		}
	}
}
