package baseline

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"
)

// call is one thing to compare.
type call struct {
	name string
	do   func(ctx context.Context, p Client) error
}

// calls puts the files that the calls need with the driver, so that every client reads
// the same ones, and returns the calls. names is how many names a listing has.
func calls(t testing.TB, all []Client, names int) []call {
	t.Helper()
	kib, mib := make([]byte, 1<<10), make([]byte, 1<<20)
	prepare := func(name string, content []byte) {
		if err := all[0].Put(t.Context(), name, content); err != nil {
			t.Fatal(err)
		}
	}
	prepare("small.txt", kib)
	prepare("large.txt", mib)
	for i := range names {
		prepare(fmt.Sprintf("list/%04d.txt", i), kib[:1])
	}
	put := func(content []byte) func(ctx context.Context, p Client) error {
		return func(ctx context.Context, p Client) error {
			return p.Put(ctx, p.Name+"/put.txt", content)
		}
	}
	get := func(name string) func(ctx context.Context, p Client) error {
		return func(ctx context.Context, p Client) error { return p.Get(ctx, name) }
	}
	return []call{
		{"op=put/size=1KiB", put(kib)},
		{"op=put/size=1MiB", put(mib)},
		{"op=get/size=1KiB", get("small.txt")},
		{"op=get/size=1MiB", get("large.txt")},
		{"op=range/size=1KiB", func(ctx context.Context, p Client) error {
			return p.Range(ctx, "large.txt", 1000, 1<<10)
		}},
		{"op=stat", func(ctx context.Context, p Client) error { return p.Stat(ctx, "small.txt") }},
		{"op=put-delete/size=1KiB", func(ctx context.Context, p Client) error {
			if err := p.Put(ctx, p.Name+"/delete.txt", kib); err != nil {
				return err
			}
			return p.Delete(ctx, p.Name+"/delete.txt")
		}},
		{"op=copy/size=1KiB", func(ctx context.Context, p Client) error {
			return p.Copy(ctx, p.Name+"/copy.txt", "small.txt")
		}},
		{fmt.Sprintf("op=list/names=%d", names), func(ctx context.Context, p Client) error {
			if n, err := p.List(ctx, "list/"); n != names || err != nil {
				return fmt.Errorf("%d names, %w", n, err)
			}
			return nil
		}},
	}
}

// Bench measures each call by each client, for benchstat -col /impl. Then it measures
// the driver, all[0], and each other client in turn, so that other work on the machine
// slows both: cpu-ratio is the driver's processor time divided by the other's. It takes
// two clients at a time, so that no third one's garbage is charged to them. The server
// is another process, and isn't counted.
func Bench(b *testing.B, all ...Client) {
	for _, c := range calls(b, all, 1000) {
		for _, p := range all {
			b.Run(c.name+"/impl="+p.Name, func(b *testing.B) {
				b.ReportAllocs()
				begin := cpu(b)
				for b.Loop() {
					if err := c.do(b.Context(), p); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(cpu(b)-begin)/float64(b.N), "cpu-ns/op")
			})
		}
		for _, p := range all[1:] {
			b.Run(c.name+"/beside="+p.Name, func(b *testing.B) { inTurn(b, c, all[0], p) })
		}
	}
}

// turn is how long a client's turn lasts, so long that the work it leaves for later,
// such as its garbage, matters little.
const turn = 20 * time.Millisecond

func inTurn(b *testing.B, c call, driver, other Client) {
	runtime.GC()
	pair := [2]Client{driver, other}
	var used [2]time.Duration
	var calls [2]int
	for b.Loop() {
		for _, i := range rand.Perm(len(pair)) {
			begin, start := cpu(b), time.Now()
			for time.Since(start) < turn {
				if err := c.do(b.Context(), pair[i]); err != nil {
					b.Fatal(err)
				}
				calls[i]++
			}
			used[i] += cpu(b) - begin
		}
	}
	per := func(i int) float64 { return float64(used[i]) / float64(calls[i]) }
	b.ReportMetric(per(0)/per(1), "cpu-ratio")
	b.ReportMetric(0, "ns/op")
}

// Allocations checks the bounds of all[0], the driver: a call allocates at most 1.1
// times as often as on all[1], the bare SDK, and no more often than on all[2], the bare
// Go CDK. other has the names of the calls that the Go CDK makes in another way, with
// the reason; they are not compared with it.
func Allocations(t *testing.T, other map[string]string, all ...Client) {
	for _, c := range calls(t, all, 50) {
		n := make([]float64, len(all))
		for i, p := range all {
			n[i] = testing.AllocsPerRun(20, func() {
				if err := c.do(t.Context(), p); err != nil {
					t.Fatal(err)
				}
			})
		}
		t.Logf("%s: %.0f, %.0f on the SDK, %.0f on the Go CDK", c.name, n[0], n[1], n[2])
		if why := other[c.name]; why != "" {
			t.Logf("%s on the Go CDK: %s", c.name, why)
			n[2] = max(n[2], n[0])
		}
		if n[0] > 1.1*n[1] || n[0] > n[2] {
			t.Errorf("%s allocates %.0f times, %.0f on the SDK, %.0f on the Go CDK", c.name, n[0],
				n[1], n[2])
		}
	}
}
