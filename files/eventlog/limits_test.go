package eventlog

import (
	"errors"
	"strings"
	"testing"

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
