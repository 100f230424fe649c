package eventlog

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
)

// TestLostForGood: an Append whose responses are all lost is ErrUncertain, and so is one
// whose record Compact may have removed meanwhile; one that was certainly not stored is
// not.
func TestLostForGood(t *testing.T) {
	inBubble(t, "all responses", func(t *testing.T) {
		b := filestest.New(t)
		b.On(files.OpPut, "logs/a/head").LoseAnswer(filestest.NotStored)
		l := newLog(t, b, 0)
		if _, err := l.Append(t.Context(), nil); files.KindOf(err) != files.ErrUncertain {
			t.Errorf("Append = %v, want ErrUncertain", err)
		}
	})
	inBubble(t, "compacted", func(t *testing.T) {
		b := filestest.New(t)
		l := newLog(t, b, 0)
		b.On(files.OpPut, "logs/a/head").Nth(1).Do(func(ctx context.Context, _ *files.Call,
			next func(context.Context) error) error {
			if err := next(ctx); err != nil {
				return err
			}
			if err := l.Compact(t.Context(), 1); err != nil {
				t.Error(err)
			}
			return files.ErrUncertain
		})
		if _, err := l.Append(t.Context(), nil); files.KindOf(err) != files.ErrUncertain {
			t.Errorf("Append = %v, want ErrUncertain", err)
		}
		if first, next, err := l.Bounds(t.Context()); first != 1 || next != 1 || err != nil {
			t.Errorf("Bounds = %d, %d, %v, want 1 and 1", first, next, err)
		}
	})
	inBubble(t, "compacted before", func(t *testing.T) {
		b := filestest.New(t)
		l := newLog(t, b, 0)
		for range 3 {
			appendTo(t, l, "old")
		}
		b.On(files.OpPut, "logs/a/head").Nth(1).Do(func(ctx context.Context, _ *files.Call,
			next func(context.Context) error) error {
			if err := next(ctx); err != nil {
				return err
			}
			if err := l.Compact(t.Context(), 3); err != nil { // all but the new record
				t.Error(err)
			}
			return files.ErrUncertain
		})
		if pos, err := l.Append(t.Context(), []byte("new")); pos != 3 || err != nil {
			t.Errorf("Append = %d, %v, want 3", pos, err)
		}
		wantFrom(t, l, 3, "new")
	})
	inBubble(t, "refused at once", func(t *testing.T) {
		b := filestest.New(t)
		b.On(files.OpPut, "logs/a/head").Fail(files.ErrPermission)
		l := newLog(t, b, 0)
		if _, err := l.Append(t.Context(), nil); files.KindOf(err) != files.ErrPermission {
			t.Errorf("Append = %v, want ErrPermission", err)
		}
	})
	inBubble(t, "refused after a lost response", func(t *testing.T) {
		b := filestest.New(t)
		b.On(files.OpPut, "logs/a/head").Nth(1).LoseAnswer(filestest.Stored)
		b.On(files.OpGet, "logs/a/head").Do(func(ctx context.Context, _ *files.Call,
			next func(context.Context) error) error {
			if n := len(b.Tree()); n > 0 { // after the Put
				return files.ErrPermission
			}
			return next(ctx)
		})
		l := newLog(t, b, 0)
		if _, err := l.Append(t.Context(), nil); files.KindOf(err) != files.ErrUncertain {
			t.Errorf("Append = %v, want ErrUncertain", err)
		}
	})
}

// inBubble runs a subtest in which waiting takes no time.
func inBubble(t *testing.T, name string, f func(t *testing.T)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
}

// TestReadFails: a Read whose segment can't be read yields the records before it, and
// then the error; a missing segment that Compact hasn't removed is ErrNotExist.
func TestReadFails(t *testing.T) {
	b := filestest.New(t)
	l := newLog(t, b, 100)
	for i := range 9 {
		appendTo(t, l, strings.Repeat(fmt.Sprint(i), 60))
	}
	h, err := l.load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second := h.Segments[1]
	read := func() (n int64, last error) {
		for _, err := range l.Read(t.Context(), 0) {
			if last = err; err == nil {
				n++
			}
		}
		return n, last
	}
	b.On(files.OpGet, second.Name).Nth(1).Fail(files.ErrUnavailable)
	if n, err := read(); n != second.First || files.KindOf(err) != files.ErrUnavailable {
		t.Errorf("Read yields %d records and %v, want %d and ErrUnavailable", n, err, second.First)
	}
	if n, err := read(); n != 9 || err != nil {
		t.Errorf("Read yields %d records and %v, want 9", n, err)
	}
	if err := b.Delete(t.Context(), second.Name, nil); err != nil {
		t.Fatal(err)
	}
	if n, err := read(); n != second.First || !errors.Is(err, files.ErrNotExist) ||
		errors.Is(err, ErrGone) {
		t.Errorf("Read yields %d records and %v, want %d and ErrNotExist", n, err, second.First)
	}
	// A loop that ends early gets no error.
	n := 0
	for _, err := range l.Read(t.Context(), 0) {
		if n++; err != nil {
			t.Error(err)
		}
		break
	}
	if n != 1 {
		t.Errorf("the loop ran %d times", n)
	}
	for _, err := range l.Read(t.Context(), 0) {
		var fe *files.Error
		if err != nil && (!errors.As(err, &fe) || fe.Name != "logs/a") {
			t.Errorf("%v has not the log's name", err)
		}
	}
}

// TestFailuresBelow: whatever request fails, Read, Bounds and Compact return its error.
func TestFailuresBelow(t *testing.T) {
	for what, c := range map[string]struct {
		op   files.Op
		name string
		call func(l *Log) error
	}{
		"Read": {files.OpGet, "logs/a/head", func(l *Log) (last error) {
			for _, err := range l.Read(t.Context(), 0) {
				last = err
			}
			return last
		}},
		"Bounds": {files.OpGet, "logs/a/head", func(l *Log) error {
			_, _, err := l.Bounds(t.Context())
			return err
		}},
		"Compact, listing": {files.OpList, "", func(l *Log) error {
			return l.Compact(t.Context(), 8)
		}},
		"Compact, deleting": {files.OpDeleteMany, "", func(l *Log) error {
			return l.Compact(t.Context(), 8)
		}},
	} {
		b := filestest.New(t)
		l := newLog(t, b, 100)
		for range 9 {
			appendTo(t, l, strings.Repeat("x", 60))
		}
		b.On(c.op, c.name).Nth(1).Fail(files.ErrPermission)
		if err := c.call(l); files.KindOf(err) != files.ErrPermission {
			t.Errorf("%s = %v, want ErrPermission", what, err)
		}
		if err := l.Compact(t.Context(), 8); err != nil {
			t.Errorf("%s: Compact afterwards: %v", what, err)
		}
		if n := len(b.Tree()); n > 2 {
			t.Errorf("%s: %d files are left", what, n)
		}
	}
}
