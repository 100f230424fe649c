package limit_test

import (
	"context"
	"errors"
	"io"
	"math"
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

// below is a bucket in memory whose calls take so long, and that counts how many are in
// flight.
type below struct {
	files.Bucket
	takes time.Duration

	mu         sync.Mutex
	now, most  int
	calls      []string // in the order in which they began
	began      []time.Time
	afterwards func(name string)
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

// TestCalls: no more calls than allowed are in flight, and they are served in the order
// in which they came.
func TestCalls(t *testing.T) {
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
			t.Errorf("%d in flight, in %v; want 3, in 10 s", l.most, took)
		}
		if got := strings.Join(l.calls, ""); got != "ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^" {
			t.Errorf("the order is %s", got)
		}
	})
}

// TestApart: reads don't wait for writes whose own limit is used up.
func TestApart(t *testing.T) {
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

// TestOneSlot: with a single call in flight every program that works without a limit
// works, and with a single slot for its kind as well (L1).
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
	for _, name := range []string{"p", "q", "s"} { // each of which waits for the others' slot
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
		t.Logf("%d calls at once", l.most) // a Put that lends its slot counts below
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

// TestLending: a Put keeps its slot while its content comes without a wait, and gets the
// next one back, before others, after it has lent it.
func TestLending(t *testing.T) {
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
			t.Errorf("the order is %q", got)
		}
	})
}

// TestLendingInOrder: a Put that has lent one of its two slots, and not yet the other,
// when its content comes, waits for none with the other in its hand (L1).
func TestLendingInOrder(t *testing.T) {
	for ms := range 60 { // that the content takes
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

// TestCost: a call that needs not wait costs no allocation beside those of any hook.
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
		t.Errorf("%v allocations, want at most %v", got, want)
	}
}

// TestOperations: calls begin evenly spaced, after a burst.
func TestOperations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newBelow(t, 0, 1)
		b := limited(t, l, &limit.Options{Reads: limit.Limits{PerSecond: 4, Burst: 3}})
		start := time.Now()
		for range 7 {
			if _, err := b.Stat(t.Context(), "a", nil); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(start).Round(time.Millisecond); took != second {
			t.Errorf("7 calls took %v, want 1s", took)
		}
		b.Delete(t.Context(), "none", nil)
		if d := time.Since(start).Round(time.Millisecond); d != second {
			t.Errorf("a write waited until %v", d)
		}
	})
}

// TestCancelledWaits: waits that are given up use nothing up (L2): after ten thousand the
// next call waits for its own interval alone.
func TestCancelledWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newBelow(t, 0)
		b := limited(t, l, &limit.Options{All: limit.Limits{PerSecond: 1}})
		files.Exists(t.Context(), b, "first")
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		waits := 10000
		if testing.Short() {
			waits = 1000
		}
		for range waits {
			wg.Go(func() {
				if _, err := b.Stat(ctx, "none", nil); !errors.Is(err, context.Canceled) {
					t.Errorf("a cancelled wait: %v", err)
				}
			})
		}
		synctest.Wait()
		cancel()
		wg.Wait()
		start := time.Now()
		files.Exists(t.Context(), b, "last")
		if took := time.Since(start); took > second || len(l.calls) != 2 {
			t.Errorf("the next call took %v, %d were made", took, len(l.calls))
		}
	})
}

// TestDeadline: a wait that can't be over before the deadline, with all those ahead of
// it, fails at once.
func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := limited(t, newBelow(t, 0), &limit.Options{All: limit.Limits{PerSecond: 1}})
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() { files.Exists(t.Context(), b, "none") })
		}
		synctest.Wait() // three wait
		ctx, cancel := context.WithTimeout(t.Context(), 3500*time.Millisecond)
		defer cancel()
		start := time.Now()
		_, err := b.Stat(ctx, "none", nil)
		if time.Since(start) != 0 || !errors.Is(err, context.DeadlineExceeded) ||
			files.KindOf(err) != nil {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		ctx2, cancel2 := context.WithTimeout(t.Context(), 4500*time.Millisecond)
		defer cancel2()
		if _, err = b.Stat(ctx2, "none", nil); !errors.Is(err, files.ErrNotExist) {
			t.Errorf("a wait that ends in time: %v", err)
		}
		wg.Wait()
	})
}

// TestBytes: bodies and contents pass at the rate, larger than the burst or not, and
// whatever a Read asks for; a rate beyond everything is none (L2).
func TestBytes(t *testing.T) {
	for name, c := range map[string]struct {
		size int
		l    limit.Limits
		took time.Duration
	}{
		"slow":       {20, limit.Limits{BytesPerSecond: 1}, 19 * second},
		"usual":      {10_000, limit.Limits{BytesPerSecond: 1000}, 9900 * time.Millisecond},
		"burst":      {10_000, limit.Limits{BytesPerSecond: 1000, BytesBurst: 9000}, second},
		"tiny burst": {10_000, limit.Limits{BytesPerSecond: 10_000, BytesBurst: 1}, second},
		"huge":       {10_000, limit.Limits{BytesPerSecond: math.MaxInt64}, 0},
		"huge burst": {10_000, limit.Limits{BytesPerSecond: 1, BytesBurst: math.MaxInt64}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newBelow(t, 0, c.size)
				near := func(what string, start time.Time) {
					took := time.Since(start).Round(time.Millisecond)
					if took < c.took-time.Millisecond || took > c.took+time.Millisecond {
						t.Errorf("%s took %v, want %v", what, took, c.took)
					}
				}
				start := time.Now()
				b := limited(t, l, &limit.Options{Reads: c.l})
				s, err := files.ReadString(t.Context(), b, "a", nil)
				if err != nil || len(s) != c.size {
					t.Errorf("%d bytes, %v", len(s), err)
				}
				near("reading", start)
				start = time.Now()
				b = limited(t, l, &limit.Options{Writes: c.l})
				if _, err := files.PutString(t.Context(), b, "n", s, nil); err != nil {
					t.Error(err)
				}
				near("writing", start)
			})
		})
	}
}

// TestLargeRead: a MiB that is read at once at one byte a second is slow, but not an
// error, and Close ends the wait.
func TestLargeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newBelow(t, 0, 1<<20)
		b := limited(t, l, &limit.Options{All: limit.Limits{BytesPerSecond: 1}})
		r, err := b.Get(t.Context(), "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Minute+second/2, func() { r.Close() })
		n, err := io.ReadFull(r, make([]byte, 1<<20))
		if n != 61 || !errors.Is(err, files.ErrClosed) {
			t.Errorf("%d bytes, %v", n, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, cancel)
		r, err = b.Get(ctx, "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if _, err = io.ReadFull(r, make([]byte, 1<<20)); !errors.Is(err, context.Canceled) {
			t.Errorf("after a cancel: %v", err)
		}
	})
}

// TestListing: a listing is an operation for each page, and holds no slot in the loop's
// body.
func TestListing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newBelow(t, 0, 1, 1, 1, 1, 1, 1, 1)
		b := limited(t, l, &limit.Options{All: limit.Limits{PerSecond: 1, Calls: 1}})
		start, n := time.Now(), 0
		for _, err := range b.List(t.Context(), "", &files.ListOptions{PageSize: 3}) {
			if err != nil {
				t.Error(err)
			}
			n++
		}
		if took := time.Since(start); n != 7 || took != 2*second {
			t.Errorf("%d entries in %v, want 7 in 2s", n, took)
		}
	})
}

// TestKnownSize: what passes the layer keeps its size and can be rewound (W1).
func TestKnownSize(t *testing.T) {
	var got []io.Reader
	l := files.Wrap(mem.New(nil), files.Hooks{Observes: true,
		Content: func(_ context.Context, _ *files.Call, r io.Reader) io.Reader {
			got = append(got, r)
			return r
		}})
	b := limited(t, l, &limit.Options{Writes: limit.Limits{Calls: 1, BytesPerSecond: 1 << 40}})
	type sized interface{ Len() int }
	for _, c := range []struct {
		content      io.Reader
		seeks, knows bool
	}{
		{strings.NewReader("text"), true, true},
		{io.NewSectionReader(strings.NewReader("a text"), 2, 4), true, false},
		{io.LimitReader(strings.NewReader("texts"), 4), false, true},
		{struct{ io.Reader }{strings.NewReader("text")}, false, false},
	} {
		got = nil
		if _, err := b.Put(t.Context(), "n", c.content, nil); err != nil || len(got) != 1 {
			t.Fatalf("%T: %v", c.content, err)
		}
		_, seeks := got[0].(io.Seeker)
		_, knows := got[0].(sized)
		if seeks != c.seeks || knows != c.knows {
			t.Errorf("%T: seeks %t, has a size %t", c.content, seeks, knows)
		}
	}
}

// TestBadOptions: what makes no sense is ErrInvalid.
func TestBadOptions(t *testing.T) {
	for name, o := range map[string]*limit.Options{
		"nil":                 nil,
		"zero":                {},
		"calls":               {All: limit.Limits{Calls: -1}},
		"rate":                {Reads: limit.Limits{PerSecond: -1}},
		"NaN":                 {Reads: limit.Limits{PerSecond: math.NaN()}},
		"infinite":            {Reads: limit.Limits{PerSecond: math.Inf(1)}},
		"burst":               {Writes: limit.Limits{PerSecond: 1, Burst: -1}},
		"burst of no rate":    {Writes: limit.Limits{Calls: 1, Burst: 1}},
		"bytes":               {Writes: limit.Limits{BytesPerSecond: -1}},
		"burst of bytes":      {Writes: limit.Limits{BytesPerSecond: 1, BytesBurst: -1}},
		"burst of no bytes":   {Writes: limit.Limits{Calls: 1, BytesBurst: 1}},
		"one of three is bad": {All: limit.Limits{Calls: 1}, Writes: limit.Limits{Calls: -1}},
	} {
		if b, err := limit.New(mem.New(nil), o); b != nil || !errors.Is(err, files.ErrInvalid) {
			t.Errorf("%s: %v, %v", name, b, err)
		}
	}
	if b, err := limit.New(nil, &limit.Options{All: limit.Limits{Calls: 1}}); b != nil ||
		!errors.Is(err, files.ErrInvalid) {
		t.Errorf("no bucket: %v, %v", b, err)
	}
}

func TestLayer(t *testing.T) {
	b := limited(t, mem.New(nil), &limit.Options{
		All:    limit.Limits{Calls: 64},
		Writes: limit.Limits{PerSecond: 0.5, BytesPerSecond: 1 << 20},
	})
	want := "limit 64 calls, writes 0.5/s, writes 1048576 bytes/s"
	if got := files.Layers(b)[0]; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
