package eventlog

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
)

func newLog(t *testing.T, b files.Bucket, segment int) *Log {
	t.Helper()
	l, err := New(b, "logs/a", &Options{SegmentBytes: segment})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func appendTo(t *testing.T, l *Log, text string) int64 {
	t.Helper()
	pos, err := l.Append(t.Context(), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return pos
}

// wantFrom checks the records from a position on.
func wantFrom(t *testing.T, l *Log, from int64, want ...string) {
	t.Helper()
	var got []string
	for r, err := range l.Read(t.Context(), from) {
		if err != nil {
			t.Fatal(err)
		}
		if r.Position != from+int64(len(got)) {
			t.Errorf("position %d came after %d records from %d on", r.Position, len(got), from)
		}
		got = append(got, string(r.Data))
	}
	if !slices.Equal(got, want) {
		t.Errorf("Read(%d) yields %q, want %q", from, got, want)
	}
}

// TestPositions: positions count from 0; reading on repeats and skips nothing, over segments
// and compactions; a removed position is ErrGone.
func TestPositions(t *testing.T) {
	b := filestest.New(t)
	l := newLog(t, b, 100)
	wantFrom(t, l, 0)
	var all []string
	for i := range 40 {
		text := strings.Repeat(fmt.Sprint(i, " "), i%7) // the first is empty
		if pos := appendTo(t, l, text); pos != int64(i) {
			t.Fatalf("record %d has the position %d", i, pos)
		}
		all = append(all, text)
	}
	for from := range 41 {
		wantFrom(t, l, int64(from), all[from:]...)
	}
	for _, before := range []int64{0, 1, 17, 3, 38, 40} {
		if err := l.Compact(t.Context(), before); err != nil {
			t.Fatal(err)
		}
		first, next, err := l.Bounds(t.Context())
		if err != nil || next != 40 {
			t.Fatalf("the bounds are %d, %d, %v", first, next, err)
		}
		if before != 3 && first != before { // 3 is removed already
			t.Errorf("the first position is %d, want %d", first, before)
		}
		for from := range int64(41) {
			if from >= first {
				wantFrom(t, l, from, all[from:]...)
				continue
			}
			for r, err := range l.Read(t.Context(), from) {
				if !errors.Is(err, ErrGone) {
					t.Errorf("Read from %d, with the first record at %d: %v, %v, want ErrGone",
						from, first, r, err)
				}
			}
		}
	}
	if len(b.Tree()) != 1 {
		t.Errorf("an empty log has %d files", len(b.Tree()))
	}
	if pos := appendTo(t, l, "on"); pos != 40 {
		t.Errorf("after all records were removed the next position is %d", pos)
	}
	for _, from := range []int64{-1, 42} {
		for r, err := range l.Read(t.Context(), from) {
			if !errors.Is(err, files.ErrInvalid) {
				t.Errorf("from %d: %v, %v", from, r, err)
			}
		}
		if err := l.Compact(t.Context(), from); !errors.Is(err, files.ErrInvalid) {
			t.Errorf("Compact(%d): %v, want ErrInvalid", from, err)
		}
	}
}

// TestCompactedMeanwhile: a Read whose next segment is removed is ErrGone, and skips
// nothing.
func TestCompactedMeanwhile(t *testing.T) {
	l := newLog(t, filestest.New(t), 100)
	for range 20 {
		appendTo(t, l, strings.Repeat("x", 60))
	}
	n, gone := 0, false
	for _, err := range l.Read(t.Context(), 0) {
		if gone = errors.Is(err, ErrGone); gone {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 1 {
			if err := l.Compact(t.Context(), 15); err != nil {
				t.Fatal(err)
			}
		}
	}
	if !gone || n >= 15 {
		t.Errorf("Read yielded %d records, ErrGone: %v", n, gone)
	}
}

// TestLostResponses: a record is stored once, whichever response was lost and whether the
// write was stored, even if others have filled segments since then.
func TestLostResponses(t *testing.T) {
	for _, stored := range []filestest.Outcome{filestest.Stored, filestest.NotStored} {
		for nth := 1; nth <= 12; nth++ {
			b := filestest.New(t)
			l := newLog(t, b, 50)
			b.On(files.OpPut, "logs/a/head").Nth(nth).LoseAnswer(stored)
			var want []string
			for i := range 12 {
				text := fmt.Sprint("record ", i)
				if pos := appendTo(t, l, text); pos != int64(i) {
					t.Errorf("record %d has the position %d", i, pos)
				}
				want = append(want, text)
			}
			wantFrom(t, l, 0, want...)
		}
	}
	b := filestest.New(t)
	l, other := newLog(t, b, 50), newLog(t, b, 50)
	b.On(files.OpPut, "logs/a/head").Nth(1).Do(func(ctx context.Context, _ *files.Call,
		next func(context.Context) error) error {
		if err := next(ctx); err != nil {
			return err
		}
		for range 5 {
			appendTo(t, other, strings.Repeat("y", 30))
		}
		return files.ErrUncertain
	})
	if pos := appendTo(t, l, "mine"); pos != 0 {
		t.Errorf("the record has the position %d", pos)
	}
	if _, next, err := l.Bounds(t.Context()); next != 6 || err != nil {
		t.Errorf("the log has %d records, %v", next, err)
	}
}

// appended is one Append that succeeded.
type appended struct {
	text       string
	position   int64
	begin, end time.Time
}

// TestAppendsUnderFaults: with requests that fail or lose their responses, and while
// the log is compacted and read, each acknowledged record is at its position, none is
// stored twice, and consecutive appends have rising positions.
func TestAppendsUnderFaults(t *testing.T) {
	for seed := range uint64(6) {
		synctest.Test(t, func(t *testing.T) { underFaults(t, seed) })
	}
}

func underFaults(t *testing.T, seed uint64) {
	const writers, each = 5, 20
	store := mem.New(nil)
	var mu sync.Mutex
	rnd := rand.New(rand.NewPCG(seed, 1))
	b := files.Wrap(store, files.Hooks{Around: func(ctx context.Context, c *files.Call,
		next func(context.Context) error) error {
		mu.Lock()
		how, delay := rnd.IntN(20), time.Duration(rnd.IntN(1000))*time.Millisecond
		mu.Unlock()
		time.Sleep(delay)
		switch {
		case how == 0:
			return files.ErrUnavailable
		case how == 1 && c.Op == files.OpPut:
			return files.ErrUncertain
		case how == 2 && c.Op == files.OpPut:
			if err := next(ctx); err != nil {
				return err
			}
			c.Info = files.Info{}
			return files.ErrUncertain
		}
		return next(ctx)
	}})
	var done []appended
	var all, reader sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			l := newLog(t, b, 300)
			for i := range each {
				a := appended{text: fmt.Sprintf("writer %d, record %d", w, i), begin: time.Now()}
				pos, err := l.Append(t.Context(), []byte(a.text))
				a.position, a.end = pos, time.Now()
				if err == nil {
					mu.Lock()
					done = append(done, a)
					mu.Unlock()
				}
			}
		})
	}
	finished := make(chan struct{})
	var got []string // by position, as one continuing reader got them
	l := newLog(t, store, 300)
	reader.Go(func() {
		for last := false; ; {
			for r, err := range l.Read(t.Context(), int64(len(got))) {
				if err != nil || r.Position != int64(len(got)) {
					t.Errorf("after %d records: %d, %v", len(got), r.Position, err)
					return
				}
				got = append(got, string(r.Data))
			}
			if last {
				return
			}
			if err := l.Compact(t.Context(), int64(len(got))*3/4); err != nil {
				t.Errorf("Compact: %v", err)
			}
			select {
			case <-finished:
				last = true
			case <-time.After(3 * time.Second):
			}
		}
	})
	all.Wait()
	close(finished)
	reader.Wait()
	count := map[string]int{}
	for _, text := range got {
		if count[text]++; count[text] > 1 {
			t.Errorf("seed %d: the record %q is stored twice", seed, text)
		}
	}
	for i, a := range done {
		if a.position >= int64(len(got)) || got[a.position] != a.text {
			t.Errorf("seed %d: the record %q isn't at %d", seed, a.text, a.position)
		}
		for _, o := range done[:i] {
			if o.end.Before(a.begin) && o.position > a.position ||
				a.end.Before(o.begin) && a.position > o.position {
				t.Errorf("seed %d: %+v and %+v are in the wrong order", seed, o, a)
			}
		}
	}
	if len(done) < writers*each/2 {
		t.Errorf("seed %d: only %d appends succeeded", seed, len(done))
	}
}

// TestBadArguments: arguments that make no sense are refused.
func TestBadArguments(t *testing.T) {
	b := filestest.New(t)
	for what, c := range map[string]struct {
		b    files.Bucket
		dir  string
		n    int
		want error
	}{
		"negative": {b, "a", -1, files.ErrInvalid},
		"large":    {b, "a", 1 << 30, files.ErrInvalid},
		"nil":      {nil, "a", 0, files.ErrInvalid},
		"empty":    {b, "", 0, files.ErrInvalidName},
		"slash":    {b, "a/", 0, files.ErrInvalidName},
		"poor": {files.Wrap(b, files.Hooks{Features: func(f files.Features) files.Features {
			f.IfAbsent = false
			return f
		}}), "a", 0, files.ErrUnsupported},
	} {
		if _, err := New(c.b, c.dir, &Options{SegmentBytes: c.n}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
	l := newLog(t, b, 0)
	if _, err := l.Append(t.Context(), make([]byte, MaxRecord+1)); !errors.Is(err,
		files.ErrTooLarge) {
		t.Errorf("a large record: %v", err)
	}
	for _, content := range []string{
		"", "x", "{}", `{"log":2}`, `{"log":1,"first":5}`, `{"log":1,"start":5}`,
		`{"log":1,"segments":[{"name":"x","first":0,"count":2}],"start":1}`,
		`{"log":1,"start":-1,"records":[{"id":"x","data":""}]}`,
	} {
		if _, err := files.PutString(t.Context(), b, "logs/a/head", content, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Append(t.Context(), nil); !errors.Is(err, files.ErrInvalid) {
			t.Errorf("%q: Append: %v, want ErrInvalid", content, err)
		}
		for _, err := range l.Read(t.Context(), 0) {
			if !errors.Is(err, files.ErrInvalid) {
				t.Errorf("%q: Read: %v, want ErrInvalid", content, err)
			}
		}
	}
}
