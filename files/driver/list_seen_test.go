package driver

import (
	"fmt"
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// TestPortable: a listing never begins with what services sort or read differently.
func TestPortable(t *testing.T) {
	for s, want := range map[string]string{
		"":             "",
		"a b~":         "a b~",
		"a\x1fb":       "a",
		"a\x00":        "a",
		"a\x7fb":       "a",
		"a\u0080b":     "a\u0080b",
		"a\\b":         "a",
		"a]b[":         "a]b[",
		"a\xffb":       "a",
		"a\ud7ffb":     "a\ud7ffb",
		"a\ue000b":     "a",
		"a\uffffb":     "a",
		"a\U00010000b": "a\U00010000b",
		"日本/\ufffd":    "日本/",
	} {
		if got := portable(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

// TestExtrapolate: names are read as numbers, to the last one.
func TestExtrapolate(t *testing.T) {
	decimals := numbered(48, func(i int) string { return fmt.Sprintf("%02d", i) })
	hundred := numbered(100, func(i int) string { return fmt.Sprintf("%03d", i) })
	short := numbered(100, func(i int) string { return fmt.Sprint(i) })
	pairs := func(letters int) []string {
		return numbered(letters*10, func(i int) string {
			return fmt.Sprintf("%c%d", 'a'+i/10, i%10)
		})
	}
	for _, c := range []struct {
		names []string
		pos   string
		ahead int
		at    string
		over  bool
	}{
		{decimals, "47", 52, "99", false},
		{decimals, "47", 53, "", true},
		{decimals, "47", 0, "48", false}, // one at least
		{hundred, "1:5", 1, "191", false},
		{hundred, "1/5", 1, "101", false},
		{hundred, "1", 1, "101", false},
		{hundred, "999", 1, "", true},
		{short, "2", 11, "30", false},
		{short, "2", 10, "3", false},     // a name may end
		{pairs(5), "e9", 5, "", true},    // only letters that were there
		{pairs(6), "f9", 5, "g4", false}, // any letter
		{numbered(60, func(i int) string { return digitsOf(i, 15, 3) }), "03e", 64, "081", false},
		{numbered(60, func(i int) string { return digitsOf(i, 17, 3) }), "038", 64, "06p", false},
		{numbered(60, func(i int) string { return digitsOf(i, 17, 3) }), "038", 640, "126", false},
		// z alone among digits: all letters
		{numbered(55, func(i int) string {
			return fmt.Sprintf("%d%c", i/11, "0123456789z"[i%11])
		}), "4z", 54, "9y", false},
		// no 0 was there
		{numbered(18, func(i int) string {
			return fmt.Sprint(11 + i + i/9)
		}), "29", 17, "47", false},
		{[]string{"a", "a"}, "a", 9, "", false}, // names that don't differ
	} {
		var seen []noted
		for i, name := range c.names {
			seen = append(seen, noted{name: name, n: i})
		}
		at, over := extrapolate(seen, c.pos, 0, c.ahead)
		if at != c.at || over != c.over {
			t.Errorf("%s to %s, %d after %s: %s, %v; want %s, %v", c.names[0],
				c.names[len(c.names)-1], c.ahead, c.pos, at, over, c.at, c.over)
		}
	}
	// A place in another directory, or before what doesn't change, has no number.
	var seen []noted
	for i := range 48 {
		seen = append(seen, noted{name: fmt.Sprintf("dir/f%02d", i), n: i})
	}
	for _, pos := range []string{"", "d", "dir", "dis/f10"} {
		if at, over := extrapolate(seen, pos, 4, 9); at != "" || over {
			t.Errorf("after %q: %q, %v, want nothing", pos, at, over)
		}
	}
}

// TestDirectoriesAreFoundInNames: directories are found in names.
func TestDirectoriesAreFoundInNames(t *testing.T) {
	for _, c := range []struct{ dir, name, child, of string }{
		{"", "a", "", ""},
		{"", "a/b", "a/", "a/"},
		{"a/", "a/b", "", "a/"},
		{"a/", "a/b/c", "a/b/", "a/b/"},
		{"a/", "b/c", "", "b/"},
		{"", "/b", "/", "/"},
		{"a/", "a//", "a//", "a//"},
	} {
		if got := childOf(c.dir, c.name); got != c.child {
			t.Errorf("childOf(%q, %q) = %q, want %q", c.dir, c.name, got, c.child)
		}
		if got := dirOf(c.name); got != c.of {
			t.Errorf("dirOf(%q) = %q, want %q", c.name, got, c.of)
		}
	}
	for _, c := range [][3]string{
		{"", "", ""}, {"a", "", ""}, {"ab", "ac", "a"}, {"ab", "abc", "ab"}, {"abc", "ab", "ab"},
		{"x", "y", ""},
	} {
		if got := common(c[0], c[1]); got != c[2] {
			t.Errorf("common(%q, %q) = %q, want %q", c[0], c[1], got, c[2])
		}
	}
	for name, want := range map[string]int{
		"a":                      0,
		"a/b":                    1,
		strings.Repeat("d/", 11): 11,
		strings.Repeat("d/", 12): 11,
		strings.Repeat("d/", 99): 11,
	} {
		if got := depthOf(name); got != want {
			t.Errorf("depthOf(%q) = %d, want %d", name, got, want)
		}
	}
}

// TestSamplerKeepsOneNameOfEachStride: one name of every stride is noted, with how
// many names and directories came before it; old ones are forgotten.
func TestSamplerKeepsOneNameOfEachStride(t *testing.T) {
	var s sampler
	for i := range 700 {
		s.note(files.Entry{Name: fmt.Sprintf("%02d/%d/x", i/20, i%20/10) + fmt.Sprint(i%10)}, 5)
		if i == 99 {
			s.note(files.Entry{Key: "04/9//"}, 5) // doesn't count
			if s.reached != "04/9//" || s.last != "04/1/x9" || s.now.n != 100 {
				t.Errorf("after a raw key: reached %q, last %q, %d names", s.reached, s.last,
					s.now.n)
			}
		}
	}
	if s.now.n != 700 || s.last != "34/1/x9" || s.reached != s.last {
		t.Errorf("%d names up to %q, %q", s.now.n, s.last, s.reached)
	}
	// 140 were noted; at the 129th, the first half of 128 was forgotten.
	if len(s.seen) != 76 || s.seen[0].name != "16/0/x0" || s.seen[0].n != 320 {
		t.Errorf("%d noted, the first is %+v", len(s.seen), s.seen[0])
	}
	last := s.seen[75]
	if last.name != "34/1/x5" || last.n != 695 || last.dirs[0] != 35 || last.dirs[1] != 35 ||
		last.dirsSince(s.seen[0], 0) != 18 || last.dirsSince(s.seen[0], 1) != 19 {
		t.Errorf("the last is %+v", last)
	}
}
