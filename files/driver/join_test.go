package driver_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// short is a bucket whose bulk delete returns fewer results than it is given names.
type short struct {
	files.Bucket
	deleted int // by name
}

func (b *short) DeleteMany(_ context.Context, names []string) []error {
	return make([]error, len(names)-1)
}

func (b *short) Delete(context.Context, string, *files.DeleteOptions) error {
	b.deleted++
	return nil
}

// TestDeleteNamesUnmatched: a name for which there is no result counts as not deleted,
// and is not deleted again: somebody may have put a new file meanwhile (D3).
func TestDeleteNamesUnmatched(t *testing.T) {
	b := &short{Bucket: mem.New(nil)}
	errs := driver.DeleteNames(t.Context(), b, []string{"a", "b", "c"})
	if len(errs) != 3 || slices.ContainsFunc(errs, func(err error) bool {
		return !errors.Is(err, files.ErrUnavailable)
	}) {
		t.Errorf("DeleteNames = %v, want three times ErrUnavailable", errs)
	}
	if b.deleted != 0 {
		t.Errorf("%d files were deleted by name as well", b.deleted)
	}
}

func TestOverlap(t *testing.T) {
	b, other := mem.New(nil), mem.New(nil)
	sub, err := files.Sub(b, "a")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what        string
		a           files.Bucket
		dirA        string
		b           files.Bucket
		dirB        string
		wantOverlap bool
	}{
		{"one bucket", b, "", b, "", true},
		{"two buckets", b, "", other, "", false},
		{"a directory of it", b, "", sub, "", true},
		{"the same directory", b, "a", sub, "", true},
		{"a directory below", b, "a/b", sub, "", true},
		{"names that begin alike", b, "ab", sub, "", false},
		{"siblings", b, "b", sub, "c", false},
	} {
		if got := driver.Overlap(c.a, c.dirA, c.b, c.dirB); got != c.wantOverlap {
			t.Errorf("%s: Overlap = %t, want %t", c.what, got, c.wantOverlap)
		}
		if got := driver.Overlap(c.b, c.dirB, c.a, c.dirA); got != c.wantOverlap {
			t.Errorf("%s, reversed: Overlap = %t, want %t", c.what, got, c.wantOverlap)
		}
	}
}

// odd is a bucket whose store can't be compared.
type odd struct{ files.Bucket }

func (odd) Locate(name string) (any, string) { return []int{1}, name }

// TestOverlapIncomparable: two buckets whose stores can't be compared don't overlap, as
// far as anybody knows.
func TestOverlapIncomparable(t *testing.T) {
	b := odd{mem.New(nil)}
	if driver.Overlap(b, "", b, "") {
		t.Error("they overlap")
	}
}

// folders is a bucket whose store is a folder, and may be inside another one.
type folders struct {
	files.Bucket
	store any
}

func (f folders) Locate(name string) (any, string) { return f.store, name }

// folder is the path of a store.
type folder string

func (f folder) Inside(other any) (string, bool) {
	of, ok := other.(folder)
	if !ok {
		return "", false
	}
	rest, ok := strings.CutPrefix(string(f), string(of)+"/")
	return rest + "/", ok
}

// TestOverlapNested: a store that is a directory of another one overlaps with what is
// above and below it there.
func TestOverlapNested(t *testing.T) {
	root, in := folders{store: folder("r")}, folders{store: folder("r/a/b")}
	for _, c := range []struct {
		dir, inner string
		b          files.Bucket
		want       bool
	}{
		{"", "", in, true},
		{"a", "", in, true},
		{"a/b", "", in, true},
		{"a/b/c", "", in, true},
		{"a/c", "", in, false},
		{"b", "", in, false},
		{"a/b/c", "c", in, true},
		{"a/b/c", "d", in, false},
		{"", "", folders{store: folder("s")}, false},
		{"", "", folders{store: "r"}, false},
		{"", "", folders{}, false},
	} {
		got := driver.Overlap(root, c.dir, c.b, c.inner)
		reversed := driver.Overlap(c.b, c.inner, root, c.dir)
		if got != c.want || reversed != c.want {
			t.Errorf("%q and %q of %v: %v, %v, want %v", c.dir, c.inner,
				c.b.(folders).store, got, reversed, c.want)
		}
	}
}
