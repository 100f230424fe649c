package all

import (
	"context"
	"io"
	"log/slog"
	"testing"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/limit"
	"cloudfiles.dev/files/observe"
	"cloudfiles.dev/files/retry"
	"cloudfiles.dev/files/timeout"
)

// fiveLayers returns memory and five layers above it.
func fiveLayers(t testing.TB) (bare, stack files.Bucket) {
	t.Helper()
	bare = mem.New(nil)
	return bare, fiveLayersOver(t, bare)
}

// fiveLayersOver returns five layers over a bucket: sub, retry, observe, limit and
// timeout.
func fiveLayersOver(t testing.TB, bare files.Bucket) files.Bucket {
	t.Helper()
	ok := func(b files.Bucket, err error) files.Bucket {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	b := ok(timeout.New(bare, timeout.Silence(time.Minute)))
	b = ok(limit.New(b, &limit.Options{All: limit.Limits{Calls: 64}}))
	b = ok(observe.New(b, &observe.Options{
		Observers: []observe.Observer{observe.Log(slog.New(slog.DiscardHandler))},
	}))
	return ok(files.Sub(retry.Wrap(b, retry.New()), "tenant"))
}

// TestFiveLayersAllocate: five layers over memory add at most ten allocations to a Get
// of 1 KiB.
func TestFiveLayersAllocate(t *testing.T) {
	bare, stack := fiveLayers(t)
	ctx := context.Background()
	if _, err := files.PutBytes(ctx, stack, "a", make([]byte, 1024), nil); err != nil {
		t.Fatal(err)
	}
	count := func(b files.Bucket, name string) float64 {
		buf := make([]byte, 1024)
		return testing.AllocsPerRun(100, func() {
			r, err := b.Get(ctx, name, nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(r, buf); err != nil {
				t.Fatal(err)
			}
			r.Close()
		})
	}
	if less, more := count(bare, "tenant/a"), count(stack, "a"); more > less+10 {
		t.Errorf("%v allocations, %v more than the bare bucket", more, more-less)
	} else {
		t.Logf("%v allocations more than %v", more-less, less)
	}
}

// BenchmarkFiveLayers reads 1 KiB from memory, and through five layers above it.
func BenchmarkFiveLayers(b *testing.B) {
	bare, stack := fiveLayers(b)
	ctx := context.Background()
	if _, err := files.PutBytes(ctx, stack, "a", make([]byte, 1024), nil); err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		what, name string
		b          files.Bucket
	}{{"bare", "tenant/a", bare}, {"layers", "a", stack}} {
		b.Run(c.what, func(b *testing.B) {
			buf := make([]byte, 1024)
			b.ReportAllocs()
			for b.Loop() {
				r, err := c.b.Get(ctx, c.name, nil)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadFull(r, buf); err != nil {
					b.Fatal(err)
				}
				r.Close()
			}
		})
	}
}

// BenchmarkFiveLayersMore reports how much longer a Get of 1 KiB takes through five
// layers. Both are measured alternately, in many short blocks, and the shortest block
// of each counts, so that other work on the machine doesn't.
func BenchmarkFiveLayersMore(b *testing.B) {
	bare, stack := fiveLayers(b)
	ctx := context.Background()
	if _, err := files.PutBytes(ctx, stack, "a", make([]byte, 1024), nil); err != nil {
		b.Fatal(err)
	}
	buf := make([]byte, 1024)
	const each = 100
	block := func(from files.Bucket, name string) time.Duration {
		start := time.Now()
		for range each {
			r, err := from.Get(ctx, name, nil)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.ReadFull(r, buf); err != nil {
				b.Fatal(err)
			}
			r.Close()
		}
		return time.Since(start)
	}
	least, most := time.Hour, time.Hour
	for b.Loop() {
		least = min(least, block(bare, "tenant/a"))
		most = min(most, block(stack, "a"))
	}
	b.ReportMetric(float64(least)/each, "ns/bare")
	b.ReportMetric(float64(most-least)/each, "ns/more")
}
