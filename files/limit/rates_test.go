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

// TestCancelledWaits: waits that are given up use nothing of the rate. After ten
// thousand of them the next call waits for its own interval alone.
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

// TestDeadline: a wait that would end after the deadline, because of all those ahead of
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
			t.Errorf("a wait that ends in time: %v, want ErrNotExist", err)
		}
		wg.Wait()
	})
}

// TestBytes: bodies and contents pass at the rate, whether they are larger than the
// burst or not and whatever the size of a Read; a huge rate is no limit.
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

// TestLargeRead: reading 1 MiB at once at one byte per second is slow but not an error,
// and Close ends the wait.
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

// TestListing: each page of a listing is an operation, and the loop's body holds no
// slot.
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

// TestKnownSize: content keeps its size through the layer and can still be rewound.
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
			t.Fatalf("Put of a %T: %v, and %d contents arrived, want one", c.content, err, len(got))
		}
		_, seeks := got[0].(io.Seeker)
		_, knows := got[0].(sized)
		if seeks != c.seeks || knows != c.knows {
			t.Errorf("%T: seeks %t, has a size %t", c.content, seeks, knows)
		}
	}
}

// TestBadOptions: options that make no sense are ErrInvalid.
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
			t.Errorf("%s: New = %v, %v, want nil and ErrInvalid", name, b, err)
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
