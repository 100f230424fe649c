package span

import (
	"math"
	"testing"

	"cloudfiles.dev/files"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]Span{
		"bytes 10-14/27": {10, 14, 27},
		"Bytes 10-14/27": {10, 14, 27}, // units are case-insensitive: RFC 9110 §14.1
		"bytes 0-0/1":    {0, 0, 1},
		"bytes 0-0/*":    {0, 0, -1},
		"bytes 9223372036854775805-9223372036854775806/9223372036854775807": {
			math.MaxInt64 - 2, math.MaxInt64 - 1, math.MaxInt64,
		},
	} {
		if got, ok := Parse(text); !ok || got != want {
			t.Errorf("Parse(%q) = %v, %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{
		"", "bytes", "bytes ", "bytes */10", "bytes 0--1/0", "bytes 5-3/10", "bytes 0-10/10",
		"bytes 0-9/-1", "bytes -5-4/10", "bytes +5-9/10", "bytes 5-+9/10", "bytes 5-9/+10",
		"bytes=5-9/10", "items 5-9/10", "5-9/10", "bytes 5-9", "bytes 5-9/", "bytes 5/10",
		"bytes 5-9/10, bytes 0-1/10", "bytes 0x5-9/10", "bytes 5-9/1_0", "bytes 5-9/1e1",
		"bytes 0-99999999999999999999/99999999999999999999", "bytes\t5-9/10",
	} {
		if got, ok := Parse(text); ok {
			t.Errorf("Parse(%q) = %v, want none", text, got)
		}
	}
}

func TestFit(t *testing.T) {
	for _, c := range []struct {
		r                          files.Range
		first, length, size        int64
		wantOff, wantN, wantBefore int64
		fits                       bool
	}{
		{files.Bytes(2, 3), 2, 3, 10, 2, 3, 0, true},
		{files.Bytes(2, 3), 0, 10, 10, 2, 3, 2, true},  // the whole
		{files.Bytes(2, 3), 1, 5, 10, 2, 3, 1, true},   // more than was requested
		{files.Bytes(2, 3), 3, 5, 10, 2, 3, -1, false}, // begins too late
		{files.Bytes(2, 3), 2, 2, 10, 2, 3, 0, false},  // ends too early
		{files.Bytes(2, 3), 0, 2, 10, 2, 3, 2, false},
		{files.Bytes(2, 3), 0, 1, 10, 2, 3, 2, false},
		{files.Last(3), 0, 10, 10, 7, 3, 7, true},
		{files.From(10), 0, 10, 10, 10, 0, 0, true}, // no bytes, which every body has
		{files.Range{}, 0, 10, 10, 0, 10, 0, true},
		{files.Range{}, 0, 5, 10, 0, 10, 0, false},
	} {
		off, n, before, ok := Fit(c.r, c.first, c.length, c.size)
		if off != c.wantOff || n != c.wantN || before != c.wantBefore || ok != c.fits {
			t.Errorf("%v of %d from %d: %d, %d, %d, %v, want %v, %v, %v and %v", c.r, c.length,
				c.first, off, n, before, ok, c.wantOff, c.wantN, c.wantBefore, c.fits)
		}
	}
}
