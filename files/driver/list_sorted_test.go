package driver_test

import (
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestListSortedForeign: an entry that has a key and no name doesn't end a listing, and
// is yielded in the order of its key if foreign entries are requested (L7).
func TestListSortedForeign(t *testing.T) {
	entries := []files.Entry{
		{Key: "\x01"}, {Name: "a"}, {Key: "d//x"}, {Name: "d/a"}, {Key: "d/b\n"}, {Name: "d/c"},
		{Key: "d/e/\n"}, {Name: "d/e/f"}, {Key: "x\n"}, {Name: "z"},
	}
	from := func(start string) iter.Seq2[files.Entry, error] {
		return func(yield func(files.Entry, error) bool) {
			for _, e := range entries {
				if e.Name+e.Key >= start && !yield(e, nil) {
					return
				}
			}
		}
	}
	for _, c := range []struct {
		req  driver.ListRequest
		want []string
	}{
		{driver.ListRequest{}, []string{"a", "d/a", "d/c", "d/e/f", "z"}},
		{driver.ListRequest{Foreign: true}, []string{
			"\x01", "a", "d//x", "d/a", "d/b\n", "d/c", "d/e/\n", "d/e/f", "x\n", "z",
		}},
		{driver.ListRequest{Prefix: "d/"}, []string{"d/a", "d/c", "d/e/f"}},
		{driver.ListRequest{Prefix: "d/", Foreign: true, StartAfter: "d/a"}, []string{
			"d/b\n", "d/c", "d/e/\n", "d/e/f",
		}},
		{driver.ListRequest{Prefix: "d/", Shallow: true, Foreign: true}, []string{
			"d/a", "d/b\n", "d/c", "d/e/",
		}},
		{driver.ListRequest{Shallow: true}, []string{"a", "d/", "z"}},
		{driver.ListRequest{Shallow: true, StartAfter: "d"}, []string{"d/", "z"}},
		{driver.ListRequest{Shallow: true, StartAfter: "d/"}, []string{"z"}},
		{driver.ListRequest{Shallow: true, StartAfter: "d/a"}, []string{"z"}},
		{driver.ListRequest{Prefix: "d/", Shallow: true, StartAfter: "d/c"}, []string{"d/e/"}},
		{driver.ListRequest{Prefix: "d/", Shallow: true, StartAfter: "d/e/"}, nil},
	} {
		var got []string
		for e, err := range driver.ListSorted(c.req, from) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, e.Name+e.Key)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%+v: %q, want %q", c.req, got, c.want)
		}
	}
}

// TestListSortedOutOfOrder: an entry out of order, or without a name, is an error, and
// never ends a listing silently.
func TestListSortedOutOfOrder(t *testing.T) {
	for _, entries := range [][]files.Entry{
		{{Name: "d/b"}, {Name: "d/a"}, {Name: "d/c"}},
		{{Name: "d/b"}, {Name: "a"}, {Name: "d/c"}},
		{{Name: "d/b"}, {}, {Name: "d/c"}},
		{{Name: "a"}, {Name: "d/b"}},
		{{Name: "d/b"}, {Key: "c\n"}, {Name: "d/c"}},
	} {
		from := func(string) iter.Seq2[files.Entry, error] {
			return func(yield func(files.Entry, error) bool) {
				for _, e := range entries {
					if !yield(e, nil) {
						return
					}
				}
			}
		}
		var err error
		for _, e := range driver.ListSorted(driver.ListRequest{Prefix: "d/"}, from) {
			err = e
		}
		if err == nil {
			t.Errorf("%v: the listing ends without an error", entries)
		}
	}
}

// TestListSortedEnds: an error of the source is the last value, a caller that stops at a
// raw key gets nothing more, and a shallow listing that begins after the directory
// itself has all of it.
func TestListSortedEnds(t *testing.T) {
	boom := errors.New("boom")
	entries := []files.Entry{{Key: "d/ "}, {Name: "d/a"}, {Name: "d/b/c"}, {Name: "d/e"}}
	source := func(fails bool) func(string) iter.Seq2[files.Entry, error] {
		return func(start string) iter.Seq2[files.Entry, error] {
			return func(yield func(files.Entry, error) bool) {
				for _, e := range entries {
					if e.Name+e.Key >= start && !yield(e, nil) {
						return
					}
				}
				if fails && yield(files.Entry{}, boom) {
					yield(files.Entry{Name: "d/z"}, nil)
				}
			}
		}
	}
	collect := func(req driver.ListRequest, fails bool) string {
		var all []string
		for e, err := range driver.ListSorted(req, source(fails)) {
			if err != nil {
				all = append(all, err.Error())
				continue
			}
			all = append(all, e.Name+e.Key)
		}
		return strings.Join(all, " ")
	}
	if got := collect(driver.ListRequest{Prefix: "d/"}, true); got != "d/a d/b/c d/e boom" {
		t.Errorf("an error: %q", got)
	}
	if got := collect(driver.ListRequest{
		Prefix:     "d/",
		StartAfter: "d/",
		Shallow:    true,
	}, false); got != "d/a d/b/ d/e" {
		t.Errorf("after the directory: %q", got)
	}
	n := 0
	for range driver.ListSorted(driver.ListRequest{Prefix: "d/", Foreign: true}, source(false)) {
		n++
		break
	}
	if n != 1 {
		t.Errorf("%d entries after a break", n)
	}
}

// TestListSortedStart: the backend's names are read from the first on that may be
// yielded, and not from the beginning of a directory that comes before (L8).
func TestListSortedStart(t *testing.T) {
	for _, c := range []struct {
		req  driver.ListRequest
		want string
	}{
		{driver.ListRequest{}, ""},
		{driver.ListRequest{StartAfter: "d/"}, "d/"},
		{driver.ListRequest{Shallow: true, StartAfter: "d"}, "d"},
		{driver.ListRequest{Shallow: true, StartAfter: "d/"}, "d0"}, // what follows d/
		{driver.ListRequest{Shallow: true, StartAfter: "d/a"}, "d/a"},
		{driver.ListRequest{Shallow: true, Prefix: "d/", StartAfter: "d/"}, "d/"},
		{driver.ListRequest{Shallow: true, Prefix: "d/", StartAfter: "d/e/"}, "d/e0"},
		{driver.ListRequest{Shallow: true, Prefix: "d/e", StartAfter: "c/"}, "d/e"},
		{driver.ListRequest{Prefix: "d/e"}, "d/e"},
	} {
		var starts []string
		for range driver.ListSorted(c.req, func(start string) iter.Seq2[files.Entry, error] {
			starts = append(starts, start)
			return func(func(files.Entry, error) bool) {}
		}) {
			t.Errorf("%+v: an entry, want none", c.req)
		}
		if len(starts) != 1 || starts[0] != c.want {
			t.Errorf("%+v: read from %q, want %q", c.req, starts, c.want)
		}
	}
}
