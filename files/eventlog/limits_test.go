package eventlog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
)

// TestLimits: a record of MaxRecord bytes and the largest SegmentBytes are accepted, and
// the defaults are those that the documentation says.
func TestLimits(t *testing.T) {
	b := filestest.New(t)
	for _, c := range []struct {
		opts *Options
		want int
	}{
		{nil, DefaultSegmentBytes},
		{&Options{}, DefaultSegmentBytes},
		{&Options{SegmentBytes: 1}, 1},
		{&Options{SegmentBytes: 4 << 20}, 4 << 20},
	} {
		l, err := New(b, "a", c.opts)
		if err != nil || l.segment != c.want {
			t.Errorf("New with %+v = %+v, %v, want segments of %d bytes", c.opts, l, err, c.want)
		}
	}
	if _, err := New(b, "a", &Options{SegmentBytes: 4<<20 + 1}); !errors.Is(err,
		files.ErrInvalid) {
		t.Errorf("New with larger segments = %v, want ErrInvalid", err)
	}
	l := newLog(t, b, 0)
	large := strings.Repeat("x", MaxRecord)
	appendTo(t, l, large)
	appendTo(t, l, "")
	wantFrom(t, l, 0, large, "")
	info, err := b.Stat(t.Context(), "logs/a/head", nil)
	if err != nil || info.ContentType != "application/json" || info.CacheControl != "no-store" {
		t.Errorf("head has the attributes %+v, %v", info.Attributes, err)
	}
	// The longest directory whose segments have legal names.
	longest := files.MaxName - len("/segments/") - 19 - len("-") - 26
	elements := strings.Repeat(strings.Repeat("d", 99)+"/", longest/100) +
		strings.Repeat("d", longest%100)
	if _, err := New(b, elements, nil); err != nil {
		t.Errorf("New with a directory of %d bytes = %v", longest, err)
	}
	if _, err := New(b, elements+"d", nil); !errors.Is(err, files.ErrInvalidName) {
		t.Errorf("New with a directory of %d bytes = %v, want ErrInvalidName", longest+1, err)
	}
}

// TestSegments: head's records become a segment when the next record doesn't fit in
// SegmentBytes, and not before; a record that doesn't fit alone is stored as well.
func TestSegments(t *testing.T) {
	b := filestest.New(t)
	l := newLog(t, b, 100)
	// The bytes of an entry's ID, of which there are 26, count too.
	for i, c := range []struct{ size, segments int }{
		{500, 0}, // the first record never makes a segment, however large it is
		{1, 1},   // which the next one does
		{73, 1},  // 27 bytes are there, and 73 more fit
		{0, 2},
		{75, 3}, // 26 bytes are there, and 75 more don't fit
	} {
		appendTo(t, l, strings.Repeat("x", c.size))
		if n := len(b.Tree()) - 1; n != c.segments {
			t.Errorf("after record %d of %d bytes: %d segments, want %d", i, c.size, n, c.segments)
		}
	}
}

// TestReadOnlyLog: a log in a read-only bucket is read, and nothing is written to it.
func TestReadOnlyLog(t *testing.T) {
	b := filestest.New(t)
	w := newLog(t, b, 50)
	appendTo(t, w, strings.Repeat("a", 40))
	appendTo(t, w, "b")
	l := newLog(t, files.ReadOnly(b), 0)
	wantFrom(t, l, 0, strings.Repeat("a", 40), "b")
	if first, next, err := l.Bounds(t.Context()); first != 0 || next != 2 || err != nil {
		t.Errorf("Bounds = %d, %d, %v, want 0 and 2", first, next, err)
	}
	if _, err := l.Append(t.Context(), nil); !errors.Is(err, files.ErrPermission) {
		t.Errorf("Append = %v, want ErrPermission", err)
	}
	if err := l.Compact(t.Context(), 1); !errors.Is(err, files.ErrPermission) {
		t.Errorf("Compact = %v, want ErrPermission", err)
	}
}

// change edits the head of the log.
func change(t *testing.T, b files.Bucket, edit func(h *head)) {
	t.Helper()
	_, err := files.Update(t.Context(), b, "logs/a/head", func(old []byte) ([]byte, error) {
		h, err := parseHead(old)
		if err != nil {
			return nil, err
		}
		edit(h)
		return json.Marshal(h)
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
}

// TestDamagedLog: a head or a segment that doesn't fit is ErrInvalid for every call that
// needs it, and nothing is written.
func TestDamagedLog(t *testing.T) {
	for what, c := range map[string]struct {
		head    func(h *head)
		segment string // new content of the first segment
		reads   bool   // only calls that read the segment notice it
	}{
		"an empty segment":        {head: func(h *head) { h.Segments[0].Count = 0 }},
		"a segment that overlaps": {head: func(h *head) { h.Segments[1].First-- }},
		"a gap":                   {head: func(h *head) { h.Segments[0].Count-- }},
		"a negative position": {head: func(h *head) {
			h.Segments[0].First, h.Segments[0].Count = -1, h.Segments[0].Count+1
		}},
		"a bad name":            {head: func(h *head) { h.Segments[0].Name = "a//b" }},
		"a later start":         {head: func(h *head) { h.Start++ }},
		"a first after the end": {head: func(h *head) { h.First = h.next() + 1 }},
		"a negative first":      {head: func(h *head) { h.First = -1 }},
		"a missing beginning":   {head: func(h *head) { h.Segments = h.Segments[1:] }},
		"another format":        {head: func(h *head) { h.Format = 2 }},
		"a segment of elsewhere": {
			head:  func(h *head) { h.Segments[0].Name = "other" },
			reads: true,
		},
		"another log's segment": {
			head:  func(h *head) { h.Segments[0].Name = "logs/ab/segments/0" },
			reads: true,
		},
		"a segment that is cut": {segment: "[", reads: true},
		"fewer records":         {segment: "[]", reads: true},
	} {
		b := filestest.New(t)
		l := newLog(t, b, 100)
		for i := range 9 {
			appendTo(t, l, strings.Repeat(fmt.Sprint(i), 60))
		}
		if _, err := files.PutString(t.Context(), b, "other", "[]", nil); err != nil {
			t.Fatal(err)
		}
		if c.head != nil {
			change(t, b, c.head)
		}
		if c.segment != "" {
			h, err := l.load(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := files.PutString(t.Context(), b, h.Segments[0].Name, c.segment,
				nil); err != nil {
				t.Fatal(err)
			}
		}
		var last error
		for r, err := range l.Read(t.Context(), 0) {
			if last = err; err == nil {
				t.Errorf("%s: Read yields a record at %d", what, r.Position)
			}
		}
		if !errors.Is(last, files.ErrInvalid) {
			t.Errorf("%s: Read yields %v, want ErrInvalid", what, last)
		}
		if c.reads {
			continue
		}
		before := fmt.Sprint(b.Tree())
		if _, err := l.Append(t.Context(), nil); !errors.Is(err, files.ErrInvalid) {
			t.Errorf("%s: Append = %v, want ErrInvalid", what, err)
		}
		if err := l.Compact(t.Context(), 1); !errors.Is(err, files.ErrInvalid) {
			t.Errorf("%s: Compact = %v, want ErrInvalid", what, err)
		}
		if _, _, err := l.Bounds(t.Context()); !errors.Is(err, files.ErrInvalid) {
			t.Errorf("%s: Bounds = %v, want ErrInvalid", what, err)
		}
		if fmt.Sprint(b.Tree()) != before {
			t.Errorf("%s: something was written", what)
		}
	}
}

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

// TestLostSegment: if the response to the write of a segment is lost, the Append is
// ErrUnavailable and stores nothing, and the segment that no head refers to is removed by
// a later Compact, but not one that is in use.
func TestLostSegment(t *testing.T) {
	for _, stored := range []filestest.Outcome{filestest.Stored, filestest.NotStored} {
		b := filestest.New(t)
		l := newLog(t, b, 50)
		appendTo(t, l, strings.Repeat("a", 40))
		b.On(files.OpPut, "logs/a/segments/").Nth(1).LoseAnswer(stored)
		if _, err := l.Append(t.Context(), []byte("lost")); files.KindOf(err) !=
			files.ErrUnavailable {
			t.Errorf("Append = %v, want ErrUnavailable", err)
		}
		want := []string{strings.Repeat("a", 40)}
		wantFrom(t, l, 0, want...)
		appendTo(t, l, strings.Repeat("b", 40))
		appendTo(t, l, strings.Repeat("c", 40))
		want = append(want, strings.Repeat("b", 40), strings.Repeat("c", 40))
		wantFrom(t, l, 0, want...)
		if err := l.Compact(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		wantFrom(t, l, 1, want[1:]...)
		h, err := l.load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var used, there []string
		for _, s := range h.Segments {
			used = append(used, s.Name)
		}
		for e, err := range b.List(t.Context(), "logs/a/segments", nil) {
			if err != nil {
				t.Fatal(err)
			}
			there = append(there, e.Name)
		}
		if slices.Sort(used); !slices.Equal(used, there) {
			t.Errorf("the segments are %q, want those of head, %q", there, used)
		}
	}
}

// TestCompactLeavesOthers: Compact deletes nothing but the log's old segments.
func TestCompactLeavesOthers(t *testing.T) {
	b := filestest.New(t)
	l := newLog(t, b, 50)
	for range 12 {
		appendTo(t, l, strings.Repeat("x", 40))
	}
	others := []string{
		"logs/a/segments/of somebody", "logs/a/other", "logs/ab/segments/0000000000000000000-X",
		"logs/a/segments/9999999999999999999-X", "logs/a/segments/0000000000000000011-X",
	}
	for _, name := range others {
		if _, err := files.PutString(t.Context(), b, name, "x", nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Compact(t.Context(), 11); err != nil {
		t.Fatal(err)
	}
	for _, name := range others {
		if ok, err := files.Exists(t.Context(), b, name); !ok || err != nil {
			t.Errorf("%s was deleted, %v", name, err)
		}
	}
	if n := len(b.Tree()); n != len(others)+1 {
		t.Errorf("%d files are left, want the head and %d others", n, len(others))
	}
	wantFrom(t, l, 11, strings.Repeat("x", 40))
	// A Compact that has nothing to remove still deletes what failed appends have left.
	if _, err := files.PutString(t.Context(), b, "logs/a/segments/0000000000000000010-X", "x",
		nil); err != nil {
		t.Fatal(err)
	}
	if err := l.Compact(t.Context(), 11); err != nil {
		t.Fatal(err)
	}
	if n := len(b.Tree()); n != len(others)+1 {
		t.Errorf("%d files are left after another Compact", n)
	}
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

// TestHeadsDiffer: every write of head has other bytes, also if the log's content is the
// same, because a bucket may have the same version for the same bytes (V1).
func TestHeadsDiffer(t *testing.T) {
	b := filestest.New(t)
	seen := map[string]bool{}
	for range 3 {
		l := newLog(t, b, 0)
		appendTo(t, l, "x")
		h, err := l.load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if h.Write == "" || seen[h.Write] {
			t.Errorf("a write has the text %q, which is empty or came before", h.Write)
		}
		seen[h.Write] = true
	}
}

// TestReadsNoMoreSegments: a Read is one request for head and one for each segment that
// has records from the position on.
func TestReadsNoMoreSegments(t *testing.T) {
	b := filestest.New(t)
	l := newLog(t, b, 100)
	for range 9 {
		appendTo(t, l, strings.Repeat("x", 60))
	}
	h, err := l.load(t.Context())
	if err != nil || len(h.Segments) < 3 {
		t.Fatalf("the head is %+v, %v, want three segments", h, err)
	}
	for from := range int64(10) {
		want := 1
		for _, s := range h.Segments {
			if s.First+s.Count > from {
				want++
			}
		}
		before := len(b.Calls())
		for _, err := range l.Read(t.Context(), from) {
			if err != nil {
				t.Fatal(err)
			}
		}
		if n := len(b.Calls()) - before; n != want {
			t.Errorf("Read from %d makes %d requests, want %d", from, n, want)
		}
	}
}

// TestMissingIsNotGone: a segment that is missing although Compact hasn't removed the
// records from there on is ErrNotExist, even if Compact has removed earlier ones.
func TestMissingIsNotGone(t *testing.T) {
	b := filestest.New(t)
	l := newLog(t, b, 100)
	for range 12 {
		appendTo(t, l, strings.Repeat("x", 60))
	}
	h, err := l.load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	missing := h.Segments[len(h.Segments)-1]
	var last error
	n := int64(0)
	for _, err := range l.Read(t.Context(), 0) {
		if last = err; err != nil {
			break
		}
		if n++; n == missing.First {
			if err := l.Compact(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			if err := b.Delete(t.Context(), missing.Name, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n != missing.First || !errors.Is(last, files.ErrNotExist) || errors.Is(last, ErrGone) {
		t.Errorf("Read yields %d records and %v, want %d and ErrNotExist", n, last, missing.First)
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
