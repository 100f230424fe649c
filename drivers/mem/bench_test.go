package mem_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// fill puts n files with the same small content; tree spreads them over directories of
// 1,000 files.
func fill(tb testing.TB, b files.Bucket, n int, tree bool, content []byte) []string {
	tb.Helper()
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("file-%07d.bin", i)
		if tree {
			names[i] = fmt.Sprintf("dir-%04d/%s", i/1000, names[i])
		}
		if _, err := b.Put(context.Background(), names[i], bytes.NewReader(content),
			nil); err != nil {
			tb.Fatal(err)
		}
	}
	return names
}

// BenchmarkDriver runs the benchmark that is the same for every driver.
func BenchmarkDriver(b *testing.B) {
	conformance.Bench(b, conformance.Harness{New: func(conformance.T) files.Bucket {
		return mem.New(nil)
	}})
}

// BenchmarkList lists all of many more files than BenchmarkDriver has, and their first
// level.
func BenchmarkList(b *testing.B) {
	for _, tree := range []bool{false, true} {
		for _, n := range []int{10_000, 100_000, 1_000_000} {
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
						for _, err := range bucket.List(context.Background(), "",
							&files.ListOptions{Shallow: shallow}) {
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

// TestGetAllocations: a Get whose body is read whole takes at most four allocations.
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
		t.Errorf("%v allocations, want at most 4", n)
	}
}
