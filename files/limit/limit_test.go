package limit_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/limit"
)

const second = time.Second

// below is a bucket in memory each of whose calls takes a given time. It counts the
// calls in flight.
type below struct {
	files.Bucket
	takes time.Duration

	mu        sync.Mutex
	now, most int
	calls     []string // in the order in which they began
	began     []time.Time
}

func newBelow(t *testing.T, takes time.Duration, sizes ...int) *below {
	t.Helper()
	b := mem.New(nil)
	for i, size := range sizes {
		name := string(rune('a' + i))
		if _, err := files.PutString(t.Context(), b, name, strings.Repeat("x", size),
			nil); err != nil {
			t.Fatal(err)
		}
	}
	l := &below{takes: takes}
	l.Bucket = files.Wrap(b, files.Hooks{
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if c.Op == files.OpList {
				return next(ctx)
			}
			l.mu.Lock()
			l.now++
			l.most = max(l.most, l.now)
			l.calls = append(l.calls, c.Name)
			l.began = append(l.began, time.Now())
			l.mu.Unlock()
			defer func() {
				l.mu.Lock()
				l.now--
				l.mu.Unlock()
			}()
			select {
			case <-time.After(l.takes):
			case <-ctx.Done():
				return ctx.Err()
			}
			return next(ctx)
		},
	})
	return l
}

func limited(t *testing.T, b files.Bucket, o *limit.Options) files.Bucket {
	t.Helper()
	b, err := limit.New(b, o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestCallsInFlight: no more calls than allowed are in flight, and they are served in the order
// in which they came.
func TestCallsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newBelow(t, second)
		b := limited(t, l, &limit.Options{All: limit.Limits{Calls: 3}})
		start := time.Now()
		var wg sync.WaitGroup
		for i := range 30 {
			wg.Go(func() {
				time.Sleep(time.Duration(i) * time.Millisecond)
				files.Exists(t.Context(), b, string(rune('A'+i)))
			})
		}
		wg.Wait()
		if took := time.Since(start); l.most != 3 || took < 10*second || took > 11*second {
			t.Errorf("at most %d calls in flight, in %v; want 3, in 10 s", l.most, took)
		}
		if got := strings.Join(l.calls, ""); got != "ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^" {
			t.Errorf("the calls came in the order %s", got)
		}
	})
}

// TestReadsAndWritesApart: reads don't wait for writes that have used up their own limit.
func TestReadsAndWritesApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newBelow(t, second, 1)
		b := limited(t, l, &limit.Options{
			All:    limit.Limits{Calls: 2},
			Writes: limit.Limits{Calls: 1},
		})
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() { b.Delete(t.Context(), "none", nil) })
		}
		synctest.Wait()
		start := time.Now()
		if _, err := b.Stat(t.Context(), "a", nil); err != nil || time.Since(start) != second {
			t.Errorf("a read took %v, %v", time.Since(start), err)
		}
		wg.Wait()
	})
}

// TestOneSlot: a program that works without a limit works with a single call in flight,
// and with a single slot for its kind as well.
func TestOneSlot(t *testing.T) {
	for name, o := range map[string]*limit.Options{
		"all":   {All: limit.Limits{Calls: 1}},
		"apart": {Reads: limit.Limits{Calls: 1}, Writes: limit.Limits{Calls: 1}},
		"both": {
			All:    limit.Limits{Calls: 1},
			Reads:  limit.Limits{Calls: 1},
			Writes: limit.Limits{Calls: 1},
		},
	} {
		t.Run(name, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { oneSlot(t, o) }) })
	}
}

func oneSlot(t *testing.T, o *limit.Options) {
	ctx := t.Context()
	l := newBelow(t, time.Millisecond, 5, 5, 5)
	b := limited(t, l, o)
	want := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for e, err := range b.List(ctx, "", nil) {
		want("List", err)
		s, err := files.ReadString(ctx, b, e.Name, nil)
		if err != nil || s != "xxxxx" {
			t.Errorf("a Get in the loop: %q, %v", s, err)
		}
	}
	r, err := b.Get(ctx, "a", nil)
	want("Get", err)
	_, err = files.ReadString(ctx, b, "b", nil)
	want("Get while a body is open", err)
	_, err = b.Put(ctx, "copied", r, nil)
	want("Put of an open body", err)
	r.Close()
	other, err := files.Sub(b, "other")
	want("Sub", err)
	_, err = files.Copy(ctx, other, "copy", b, "a", nil)
	want("Copy between two views", err)
	_, err = files.Copy(ctx, b, "streamed", mustWrap(b), "a", nil)
	want("Copy through the program", err)
	_, err = b.Put(ctx, "lazy", &lazy{open: func() io.Reader {
		r, err := b.Get(ctx, "a", nil)
		want("Get in a content's Read", err)
		t.Cleanup(func() { r.Close() })
		return r
	}}, nil)
	want("Put of a content that reads the bucket", err)
	var wg sync.WaitGroup
	for _, name := range []string{"p", "q", "s"} { // each waits for the others' slots
		wg.Go(func() {
			_, err := b.Put(ctx, name, &lazy{open: func() io.Reader {
				_, err := files.PutString(ctx, b, "inner/"+name, name, nil)
				want("Put in a content's Read", err)
				return strings.NewReader(name)
			}}, nil)
			want("Put of a content that writes to the bucket", err)
		})
	}
	wg.Wait()
	_, err = files.DeleteDir(ctx, b, "inner")
	want("DeleteDir", err)
	if l.most != 1 && o.All.Calls == 1 {
		t.Logf("%d calls at once", l.most) // below counts a Put that lends its slot
	}
	cctx, cancel := context.WithTimeout(ctx, second)
	defer cancel()
	l.takes = time.Hour
	go b.Stat(ctx, "held", nil)
	synctest.Wait()
	start := time.Now()
	if _, err := b.Stat(cctx, "a", nil); !errors.Is(err, context.DeadlineExceeded) ||
		time.Since(start) != second {
		t.Errorf("a call that waits ended after %v: %v", time.Since(start), err)
	}
	l.takes = 0
	time.Sleep(2 * time.Hour)
	_, err = b.Stat(ctx, "a", nil)
	want("Stat at the end", err)
}

// mustWrap hides a copy inside the store.
func mustWrap(b files.Bucket) files.Bucket {
	return files.Wrap(b, files.Hooks{Features: func(f files.Features) files.Features {
		f.ServerCopy = false
		return f
	}})
}

// lazy is a content that opens at its first Read.
type lazy struct {
	open func() io.Reader
	r    io.Reader
}

func (l *lazy) Read(p []byte) (int, error) {
	if l.r == nil {
		l.r = l.open()
	}
	return l.r.Read(p)
}

// TestPutLendsItsSlot: a Put keeps its slot while its content comes without a wait;
// after it has lent its slot, it gets the next free one ahead of others.
func TestPutLendsItsSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newBelow(t, 0)
		b := limited(t, l, &limit.Options{All: limit.Limits{Calls: 1}})
		var wg sync.WaitGroup
		slow := make(chan time.Duration, 2)
		wg.Go(func() {
			_, err := b.Put(t.Context(), "put", &lazy{open: func() io.Reader {
				time.Sleep(<-slow)
				return strings.NewReader("text")
			}}, nil)
			if err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		l.takes = second
		start := time.Now()
		wg.Go(func() { b.Stat(t.Context(), "first", nil) })
		wg.Go(func() {
			time.Sleep(time.Millisecond)
			b.Stat(t.Context(), "second", nil)
			if d := time.Since(start); d < 2*second {
				t.Errorf("both were carried out within %v", d)
			}
		})
		slow <- second / 2
		wg.Wait()
		if got := strings.Join(l.calls, " "); got != "put first second" {
			t.Errorf("the calls came in the order %q, want the Put first", got)
		}
	})
}

// TestLendingInOrder: a Put that has lent only one of its two slots when its content
// comes doesn't hold the other while it waits for that one.
func TestLendingInOrder(t *testing.T) {
	for ms := range 60 { // the milliseconds that the content takes
		synctest.Test(t, func(t *testing.T) {
			b := limited(t, newBelow(t, time.Millisecond), &limit.Options{
				All:    limit.Limits{Calls: 1},
				Writes: limit.Limits{Calls: 1},
			})
			var wg sync.WaitGroup
			for i, name := range []string{"p", "q", "r"} {
				wg.Go(func() {
					time.Sleep(time.Duration(i) * time.Millisecond)
					_, err := b.Put(t.Context(), name, &lazy{open: func() io.Reader {
						time.Sleep(time.Duration(ms) * time.Millisecond)
						return strings.NewReader(name)
					}}, nil)
					if err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
		})
	}
}

// TestCost: a Get that needn't wait makes no allocation beyond those of any hook.
func TestCost(t *testing.T) {
	b := mem.New(nil)
	if _, err := files.PutString(t.Context(), b, "a", "text", nil); err != nil {
		t.Fatal(err)
	}
	plain := files.Wrap(b, files.Hooks{
		Around: func(ctx context.Context, _ *files.Call, next func(context.Context) error) error {
			return next(ctx)
		},
	})
	count := func(b files.Bucket) float64 {
		return testing.AllocsPerRun(100, func() {
			r, err := b.Get(t.Context(), "a", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Close()
		})
	}
	want := count(plain)
	got := count(limited(t, b, &limit.Options{
		All:   limit.Limits{Calls: 64, PerSecond: 1e9, Burst: 1e9},
		Reads: limit.Limits{Calls: 64},
	}))
	if got > want {
		t.Errorf("a Get made %v allocations, want at most %v", got, want)
	}
}
