package local

import "testing"

// TestPageCovers: a page covers another one of the same folder if it has all its names,
// so the other needn't be kept.
func TestPageCovers(t *testing.T) {
	pageOf := func(after, past, names string, cut bool) *page {
		f := &dirContent{}
		want := filter{room: 100}
		for _, n := range names {
			f.add(&want, []byte{byte(n)}, false, basePath)
		}
		f.sort()
		return &page{
			after: after,
			past:  past,
			names: f.names,
			items: f.items,
			cut:   cut,
		}
	}
	for _, c := range []struct {
		what string
		p, o *page
		want bool
	}{
		{"all, some", pageOf("", "", "abc", false), pageOf("a", "", "bc", false), true},
		{"all, all", pageOf("", "", "abc", false), pageOf("", "", "abc", false), true},
		{"all, cut", pageOf("", "", "abc", false), pageOf("", "", "ab", true), true},
		{"later", pageOf("a", "", "bc", false), pageOf("", "", "abc", false), false},
		{"past a folder", pageOf("", "a", "bc", false), pageOf("", "", "abc", false), false},
		{"past the same", pageOf("", "a", "bc", false), pageOf("", "a", "bc", true), true},
		{"past another", pageOf("", "a", "bc", false), pageOf("", "b", "c", false), false},
		{"cut, all", pageOf("", "", "ab", true), pageOf("", "", "abc", false), false},
		{"cut, its beginning", pageOf("", "", "abc", true), pageOf("", "", "ab", true), true},
		{"cut, beyond it", pageOf("", "", "ab", true), pageOf("", "", "abc", true), false},
		{"cut, before its end", pageOf("", "", "ab", true), pageOf("", "", "ab", false), false},
	} {
		if got := c.p.covers(c.o); got != c.want {
			t.Errorf("%s: covers = %v, want %v", c.what, got, c.want)
		}
	}
}
