package eventlog

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
)

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
