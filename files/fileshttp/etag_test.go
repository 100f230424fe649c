package fileshttp

import (
	"math"
	"slices"
	"testing"

	"cloudfiles.dev/files"
)

func TestParseTags(t *testing.T) {
	for _, tt := range []struct {
		lines []string
		any   bool
		want  []tag
	}{
		{nil, false, nil},
		{[]string{""}, false, nil},
		{[]string{"*"}, true, nil},
		{[]string{" * "}, true, nil},
		{[]string{`"a"`}, false, []tag{{false, "a"}}},
		{[]string{`W/"a" , "b"`, `"c,d"`}, false, []tag{{true, "a"}, {false, "b"}, {false, "c,d"}}},
		{[]string{`,, "a",`}, false, []tag{{false, "a"}}},
		{[]string{`""`}, false, []tag{{false, ""}}},
		{[]string{`"a" "b"`}, false, []tag{{false, "a"}}},
		{[]string{`"a", b, "c"`}, false, []tag{{false, "a"}}},
		{[]string{`"a`}, false, nil},
		{[]string{`w/"a"`}, false, nil},
		{[]string{`"a b"`}, false, nil},
		{[]string{`"a", *`}, false, []tag{{false, "a"}}},
	} {
		got := parseTags(tt.lines)
		if got.given != (tt.lines != nil) || got.any != tt.any || !slices.Equal(got.list, tt.want) {
			t.Errorf("parseTags(%q) = %+v", tt.lines, got)
		}
	}
}

// TestTagVersion: the version of a tag that ETag made is the one that it was made of. A
// tag that ETag never makes has no version.
func TestTagVersion(t *testing.T) {
	for _, v := range []files.Version{"a", "a b", "%", "%20", "%25", "%2520", " ", "~!#"} {
		tags := parseTags([]string{ETag(v)})
		if got, ok := tags.list[0].version(); got != v || !ok || !tags.match(v, false) {
			t.Errorf("%q comes back as %q, %v", v, got, ok)
		}
	}
	for _, text := range []string{"", "%", "a%2", "%41"} {
		if v, ok := (tag{text: text}).version(); ok {
			t.Errorf("the tag %q, which ETag never makes, is the version %q", text, v)
		}
	}
}

func FuzzParseRange(f *testing.F) {
	for _, s := range []string{
		"bytes=0-1", "bytes=-5", "bytes=5-", "bytes=9-1", "bytes=0-9223372036854775807",
		"bytes=9223372036854775807-", "x", "",
	} {
		f.Add(s, int64(10))
	}
	f.Fuzz(func(t *testing.T, s string, size int64) {
		r, ok := parseRange(s)
		if r.IsWhole() == ok {
			t.Fatalf("parseRange(%q) = %v, %v", s, r, ok)
		}
		if err := r.Check(); err != nil {
			t.Fatalf("parseRange(%q) = %v, which is %v", s, r, err)
		}
		for _, size := range []int64{size & math.MaxInt64, 0, math.MaxInt64} {
			if off, n := r.Resolve(size); off < 0 || n < 0 || off > size || n > size-off {
				t.Fatalf("parseRange(%q) of %d bytes is %d from %d", s, size, n, off)
			}
		}
	})
}
