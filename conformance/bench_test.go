package conformance_test

import (
	"context"
	"flag"
	"io"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestBench runs each benchmark once: on a sound bucket, of which it must use every
// operation, and on a bucket whose reads are short.
func TestBench(t *testing.T) {
	old := flag.Lookup("test.benchtime").Value.String()
	if err := flag.Set("test.benchtime", "1x"); err != nil {
		t.Fatal(err)
	}
	defer flag.Set("test.benchtime", old)
	failed := func(h conformance.Harness) (failed bool) {
		testing.Benchmark(func(b *testing.B) {
			conformance.Bench(b, h)
			failed = failed || b.Failed()
		})
		return failed
	}
	var puts, gets, lists, stats, deletes, copies, most atomic.Int64
	seen := map[files.Op]*atomic.Int64{
		files.OpPut:    &puts,
		files.OpGet:    &gets,
		files.OpList:   &lists,
		files.OpStat:   &stats,
		files.OpDelete: &deletes,
		files.OpCopy:   &copies,
	}
	count := func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
		if n := seen[c.Op]; n != nil {
			n.Add(1)
		}
		return next(ctx)
	}
	sound := conformance.Harness{New: func(conformance.T) files.Bucket {
		return files.Wrap(mem.New(nil), files.Hooks{Around: count})
	}}
	if failed(sound) {
		t.Error("Bench fails on a sound bucket")
	}
	for op, n := range seen {
		if n.Load() == 0 {
			t.Errorf("no benchmark uses %s", op)
		}
	}
	short := conformance.Harness{New: func(conformance.T) files.Bucket {
		return files.Wrap(mem.New(nil), files.Hooks{
			Body: func(_ context.Context, _ *files.Call, r io.Reader) io.Reader {
				return io.LimitReader(r, 100)
			},
		})
	}}
	if !failed(short) {
		t.Error("Bench passes on a bucket whose reads are short")
	}
	small := conformance.Harness{
		MaxContent: 4096,
		New:        func(conformance.T) files.Bucket { return counted(mem.New(nil), &most) },
	}
	if failed(small) || most.Load() > 4096 {
		t.Errorf("Bench fails, or puts %d bytes, want at most 4096", most.Load())
	}
}
