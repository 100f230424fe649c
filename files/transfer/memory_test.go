package transfer_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/transfer"
)

// generated is a bucket with n files of 1 byte, whose listing is computed.
type generated struct {
	n       int
	put     time.Time
	deleted atomic.Int64
}

func (g *generated) Features() files.Features {
	return files.Features{
		TimeResolution:  time.Nanosecond,
		Versions:        true,
		VersionPerPut:   true,
		DeleteIfVersion: true,
		Ordered:         true,
	}
}

func (g *generated) Close() error { return nil }

func (g *generated) Put(context.Context, *driver.PutRequest) (files.Info, error) {
	return files.Info{}, files.ErrPermission
}

func (g *generated) Open(context.Context, driver.OpenRequest) (driver.Object, error) {
	return driver.Object{
		Info:   files.Info{Entry: files.Entry{Size: 1, ModTime: g.put, Version: "v"}},
		Length: 1,
		Body:   io.NopCloser(strings.NewReader("x")),
	}, nil
}

func (g *generated) Stat(context.Context, driver.Key) (files.Info, error) {
	return files.Info{}, files.ErrNotExist
}

func (g *generated) Delete(context.Context, driver.Key, files.Version) error {
	g.deleted.Add(1)
	return nil
}

func (g *generated) List(ctx context.Context,
	req driver.ListRequest) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		for i := range g.n {
			e := files.Entry{
				Name:    fmt.Sprintf("some/directory/of/a/bucket/%04d/file-%09d.txt", i/1000, i),
				Size:    1,
				ModTime: g.put,
				Version: files.Version(fmt.Sprintf("%032d", i)),
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// manyNames returns the number of names that the tests list.
func manyNames(t *testing.T) int { return longtest.N(t, 100_000, 1_000_000) }

// peak returns by how much the heap grows while f runs. Garbage is collected early, since
// the bound is of what is held.
func peak(f func()) int64 {
	defer debug.SetGCPercent(debug.SetGCPercent(25))
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	stop, done := make(chan struct{}), make(chan struct{})
	var most uint64
	go func() {
		defer close(done)
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	f()
	close(stop)
	<-done
	return int64(most) - int64(before.HeapAlloc)
}

const bound = 64 << 20

// TestMemoryOfNothingToDo: a run with nothing to do takes bounded memory.
func TestMemoryOfNothingToDo(t *testing.T) {
	n := manyNames(t)
	now := time.Now()
	src := driver.New(&generated{n: n, put: now.Add(-2 * time.Hour)})
	dst := driver.New(&generated{n: n, put: now.Add(-time.Hour)})
	plan := must(transfer.Sync(whole(dst), whole(src), nil))
	var res transfer.Result
	if most := peak(func() { res = apply(t, plan) }); most > bound {
		t.Errorf("%d names take %d MiB", n, most>>20)
	}
	if res.Equal != int64(n) {
		t.Errorf("Result = %+v, want all files equal", res)
	}
}

// TestMemoryOfDeletions: half a million deletions, and their dry run, take bounded
// memory.
func TestMemoryOfDeletions(t *testing.T) {
	n := manyNames(t) / 2
	for _, dry := range []bool{true, false} {
		g := &generated{n: n, put: time.Now().Add(-time.Hour)}
		plan := must(transfer.Sync(whole(driver.New(g)), whole(fine()),
			&transfer.Options{AllowEmptySource: true, DryRun: dry}))
		var res transfer.Result
		if most := peak(func() { res = apply(t, plan) }); most > bound {
			t.Errorf("%d deletions take %d MiB", n, most>>20)
		}
		if res.Deleted != int64(n) || dry != (g.deleted.Load() == 0) {
			t.Errorf("%+v, %d deleted", res, g.deleted.Load())
		}
	}
}

// TestMemoryOfFailures: copies that all fail take bounded memory.
func TestMemoryOfFailures(t *testing.T) {
	n := manyNames(t) / 10
	src := driver.New(&generated{n: n, put: time.Now().Add(-time.Hour)})
	broken := failing(fine(), func(string) error { return files.ErrCorrupt })
	plan := must(transfer.Copy(whole(broken), whole(src), &transfer.Options{MaxErrors: 1 << 40}))
	var res transfer.Result
	if most := peak(func() { res, _ = plan.Apply(t.Context()) }); most > bound {
		t.Errorf("%d failures take %d MiB", n, most>>20)
	}
	if res.Failed != int64(n) {
		t.Errorf("Result = %+v, want all files failed", res)
	}
}

// BenchmarkNothingToDo measures a run with nothing to do, and the two listings alone,
// one after the other.
func BenchmarkNothingToDo(b *testing.B) {
	const n = 200_000
	now := time.Now()
	src := driver.New(&generated{n: n, put: now.Add(-2 * time.Hour)})
	dst := driver.New(&generated{n: n, put: now.Add(-time.Hour)})
	b.Run("listings", func(b *testing.B) {
		for b.Loop() {
			for _, side := range []files.Bucket{src, dst} {
				if _, _, err := files.Usage(b.Context(), side, ""); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("sync", func(b *testing.B) {
		plan := must(transfer.Sync(whole(dst), whole(src), nil))
		for b.Loop() {
			if _, err := plan.Apply(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
