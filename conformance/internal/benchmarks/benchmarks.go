package benchmarks

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

// Run runs every benchmark on the runner's harness.
func Run(b *testing.B, s *suite.Runner) {
	for _, size := range []int{1 << 10, 1 << 20} {
		for _, m := range benchmarks {
			b.Run(fmt.Sprintf("op=%s/size=%s", m.name, sizeName(size)), func(b *testing.B) {
				if reason := s.Harness.TooLarge(int64(size)); reason != "" {
					b.Skip(reason)
				}
				h := s.NewH(b, false)
				if m.needs != nil && !m.needs.Claimed(h.F) {
					b.Skip("the bucket does not claim " + m.needs.Name)
				}
				b.ReportAllocs()
				if !m.noBytes {
					b.SetBytes(int64(size))
				}
				m.run(&bench{B: b, h: h, content: check.Content(1, size)})
			})
		}
	}
	for _, l := range listings {
		b.Run("op=list/"+l.name, func(b *testing.B) {
			benchList(b, s.NewH(b, false), l.dir, l.shallow, l.want)
		})
	}
}

func sizeName(n int) string {
	if n < 1<<20 {
		return fmt.Sprintf("%dKiB", n>>10)
	}
	return fmt.Sprintf("%dMiB", n>>20)
}

// bench is one benchmark at work.
type bench struct {
	*testing.B
	h       *suite.H
	content []byte
	many    atomic.Int64
}

type benchmark struct {
	name    string
	needs   *suite.Ability
	noBytes bool // moves no content
	run     func(b *bench)
}

// The benchmarks write a few names again and again, so that the store doesn't grow with
// the number of rounds.
const few = 16

func fewName(i int) string { return fmt.Sprintf("d/file-%02d.bin", i%few) }

var benchmarks = []benchmark{
	{name: "put", run: func(b *bench) { b.loop(func(i int) { b.put(fewName(i), nil) }) }},
	{name: "put-if-absent", needs: feature.IfAbsent, run: func(b *bench) {
		o := &files.PutOptions{If: files.IfAbsent()}
		b.batches(func(i int) { b.put(fewName(i), o) }, func(i int) { b.del(fewName(i)) })
	}},
	{name: "put-if-version", needs: feature.IfVersion, run: func(b *bench) {
		v := b.put("d/a", nil)
		b.loop(func(int) { v = b.put("d/a", &files.PutOptions{If: files.IfVersion(v)}) })
	}},
	{
		name: "get",
		run:  func(b *bench) { b.fill(); b.loop(func(i int) { b.get(fewName(i), files.Range{}) }) },
	},
	{name: "range", run: func(b *bench) { // the middle half
		b.fill()
		n := int64(len(b.content))
		b.SetBytes(n / 2)
		b.loop(func(i int) { b.get(fewName(i), files.Bytes(n/4, n/2)) })
	}},
	{name: "stat", noBytes: true, run: func(b *bench) {
		b.fill()
		b.loop(func(i int) {
			if _, err := b.h.Stat(b.Context(), fewName(i), nil); err != nil {
				b.Fatal(err)
			}
		})
	}},
	{name: "delete", noBytes: true, run: func(b *bench) {
		b.batches(func(i int) { b.del(fewName(i)) }, func(i int) { b.put(fewName(i), nil) })
	}},
	{name: "copy", run: func(b *bench) {
		b.fill()
		b.loop(func(i int) {
			if _, err := files.Copy(b.Context(), b.h.Bucket, "copy", b.h.Bucket, fewName(i),
				nil); err != nil {
				b.Fatal(err)
			}
		})
	}},
	{
		name: "get-parallel",
		run: func(b *bench) {
			b.fill()
			b.parallel(func(i int) { b.get(fewName(i), files.Range{}) })
		},
	},
	{
		name: "put-parallel",
		run: func(b *bench) {
			b.parallel(func(i int) { b.put(fmt.Sprintf("d/%d", i%1000), nil) })
		},
	},
}

// loop measures f.
func (b *bench) loop(f func(i int)) {
	i := 0
	for b.Loop() {
		f(i)
		i++
	}
}

// batches measures only f, a few calls at a time. before prepares each call of a batch.
func (b *bench) batches(f, before func(i int)) {
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		if i%few == 0 {
			b.StopTimer()
			for k := range few {
				before(k)
			}
			b.StartTimer()
		}
		f(i)
	}
}

// parallel measures f in sixteen goroutines, or in as many as there are processors.
func (b *bench) parallel(f func(i int)) {
	b.SetParallelism(max(16/runtime.GOMAXPROCS(0), 1))
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			f(int(b.many.Add(1)))
		}
	})
}

// fill puts the files that the benchmarks read.
func (b *bench) fill() {
	b.Helper()
	for i := range few {
		b.put(fewName(i), nil)
	}
	b.ResetTimer()
}

func (b *bench) put(name string, o *files.PutOptions) files.Version {
	info, err := b.h.Put(b.Context(), name, bytes.NewReader(b.content), o)
	if err == nil && o != nil && info.Version == "" && !o.If.Absent() { // the next one needs it
		info, err = b.h.Stat(b.Context(), name, nil)
	}
	if err != nil {
		b.Error(err)
	}
	return info.Version
}

func (b *bench) get(name string, g files.Range) {
	r, err := b.h.Get(b.Context(), name, &files.GetOptions{Range: g})
	if err != nil {
		b.Error(err)
		return
	}
	defer r.Close()
	_, want := g.Resolve(int64(len(b.content)))
	if n, err := io.Copy(io.Discard, r); err != nil || n != want {
		b.Errorf("Get read %d bytes, %v, want %d", n, want, err)
	}
}

func (b *bench) del(name string) {
	if err := b.h.Delete(b.Context(), name, nil); err != nil {
		b.Error(err)
	}
}

// listings are of 1,000 files in ten directories.
var listings = []struct {
	name, dir string
	shallow   bool
	want      int
}{
	{"deep", "", false, 1000},
	{"shallow-directories", "", true, 10},
	{"shallow-files", "d3", true, 100},
}

func benchList(b *testing.B, h *suite.H, dir string, shallow bool, want int) {
	var names []string
	for i := range 1000 {
		names = append(names, fmt.Sprintf("d%d/file-%03d.txt", i/100, i))
	}
	check.Puts(b, h, names...)
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range h.List(b.Context(), dir, &files.ListOptions{Shallow: shallow}) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != want {
			b.Fatalf("List returned %d entries, want %d", n, want)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(want), "ns/entry")
}
