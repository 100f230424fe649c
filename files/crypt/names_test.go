package crypt_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/local"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/crypt"
)

func openNames(t *testing.T, below files.Bucket) files.Bucket {
	t.Helper()
	b, err := crypt.New(below, &crypt.Options{
		Keys:    []crypt.Key{key("1", 1)},
		NameKey: secret(3),
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func list(t *testing.T, b files.Bucket, dir string, o *files.ListOptions) (names []string) {
	t.Helper()
	for e, err := range b.List(t.Context(), dir, o) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, e.Name)
	}
	return names
}

// spread returns a name of n bytes with k elements.
func spread(n, k int) string {
	long := n - 2*(k-1)
	return strings.Repeat("a/", k-1) + strings.Repeat("z", long)
}

// TestMaxName: each name of Features.MaxName bytes and 16 elements can be put, over
// memory and over a disk, whose elements have 255 bytes; one byte more is refused before
// any request.
func TestMaxName(t *testing.T) {
	disk, err := local.Open(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for what, below := range map[string]files.Bucket{"memory": mem.New(nil), "a disk": disk} {
		b := openNames(t, below)
		most := b.Features().MaxName
		for _, k := range []int{1, 2, 8, 16} {
			for _, name := range []string{
				spread(most, k),
				strings.Repeat(strings.Repeat("n", most/k-1)+"/", k-1) +
					strings.Repeat("n", most-(k-1)*(most/k)),
			} {
				if len(name) != most {
					t.Fatalf("the test's name has %d bytes", len(name))
				}
				put(t, b, name, content(3))
				if got := list(t, b, "", nil); !slices.Equal(got, []string{name}) {
					t.Errorf("%s: List has %q, want the name", what, got)
				}
				if len(read(t, b, name)) != 3 {
					t.Errorf("%s: the content differs", what)
				}
				if err := b.Delete(t.Context(), name, nil); err != nil {
					t.Error(err)
				}
			}
		}
		requests := 0
		counted := openNames(t, files.Wrap(below, files.Hooks{
			Around: func(ctx context.Context, _ *files.Call,
				next func(context.Context) error) error {
				requests++
				return next(ctx)
			},
		}))
		for _, k := range []int{1, 2, 8, 16} {
			long := spread(most+1, k)
			_, err := files.PutBytes(t.Context(), counted, long, nil, nil)
			_, serr := counted.Stat(t.Context(), long, nil)
			derr := counted.Delete(t.Context(), long, nil)
			for _, err := range []error{err, serr, derr} {
				if !errors.Is(err, files.ErrInvalidName) {
					t.Errorf("%s: one byte more, %d elements: %v, want ErrInvalidName", what, k,
						err)
				}
			}
		}
		if requests > 0 {
			t.Errorf("%s: %d requests for names that are too long", what, requests)
		}
		_, err := counted.Stat(t.Context(), spread(200, 100), nil)
		if !errors.Is(err, files.ErrUnsupported) || errors.Is(err, files.ErrInvalidName) {
			t.Errorf("%s: too many elements: %v", what, err)
		}
		if got := list(t, counted, spread(200, 100), nil); len(got) != 0 {
			t.Errorf("%s: a directory of too many elements has %q", what, got)
		}
		if requests > 1 { // of List
			t.Errorf("%s: %d requests for impossible names", what, requests)
		}
		below.Close()
	}
}

// TestNamesBelow: the encrypted names differ in more than case, hide the plain names,
// and differ in each directory.
func TestNamesBelow(t *testing.T) {
	below := mem.New(nil)
	b := openNames(t, below)
	names := []string{"A", "a", "a/b", "b/b", "Ä", "notes/day14.txt", "notes/x/y"}
	for _, n := range names {
		put(t, b, n, []byte(n))
	}
	stored := list(t, below, "", nil)
	seen := map[string]bool{}
	for _, n := range stored {
		for _, e := range strings.Split(n, "/") {
			if strings.Trim(e, "0123456789abcdefghijklmnopqrstuv") != "" || len(e) < 28 {
				t.Errorf("%q is unsafe where case folds", e)
			}
		}
		if seen[strings.ToLower(n)] {
			t.Errorf("%q differs from another name by case alone", n)
		}
		seen[strings.ToLower(n)] = true
		base := n[strings.LastIndex(n, "/")+1:]
		if strings.Contains(n, "/") && seen["last of "+base] {
			t.Errorf("the element %q is the same in two directories", base)
		}
		seen["last of "+base] = true
	}
	// Names that aren't encrypted are ignored, and so is an element of another
	// directory.
	put(t, below, "plain.txt", nil)
	put(t, below, "0/x", nil)
	first := stored[slices.IndexFunc(stored, func(n string) bool {
		return strings.Contains(n, "/")
	})]
	put(t, below, first[strings.LastIndex(first, "/")+1:], nil)
	put(t, below, strings.ToUpper(stored[0]), nil)
	if got := list(t, b, "", nil); len(got) != len(names) {
		t.Errorf("List has %q, want only the names that were put through it", got)
	}
	again := openNames(t, below)
	for _, n := range names {
		if string(read(t, again, n)) != n {
			t.Errorf("another bucket with the same name key can't read %s", n)
		}
	}
}

// TestListNames: Features claims no order, and Prefix, StartAfter, Limit and
// directories work.
func TestListNames(t *testing.T) {
	b := openNames(t, mem.New(nil))
	var all []string
	for i := range 30 {
		all = append(all, fmt.Sprintf("d%d/f%02d", i%3, i))
	}
	for _, n := range all {
		put(t, b, n, nil)
	}
	slices.Sort(all)
	if b.Features().Ordered {
		t.Error("Features claims Ordered")
	}
	for _, c := range []struct {
		dir  string
		o    files.ListOptions
		want func(name string) bool
	}{
		{"", files.ListOptions{Prefix: "d1/f0"}, func(n string) bool { return n[:5] == "d1/f0" }},
		{"", files.ListOptions{StartAfter: "d1/f1"}, func(n string) bool { return n > "d1/f1" }},
		{"d2", files.ListOptions{Prefix: "f", StartAfter: "d2/f14"},
			func(n string) bool { return n > "d2/f14" }},
	} {
		got := list(t, b, c.dir, &c.o)
		slices.Sort(got)
		want := slices.DeleteFunc(slices.Clone(all), func(n string) bool { return !c.want(n) })
		if !slices.Equal(got, want) {
			t.Errorf("%+v: %q, want %q", c.o, got, want)
		}
		for limit := 1; limit < len(want)+1; limit++ {
			o := c.o
			o.Limit = limit
			if n := len(list(t, b, c.dir, &o)); n != limit {
				t.Errorf("%+v: %d entries", o, n)
			}
		}
	}
	got := list(t, b, "", &files.ListOptions{Shallow: true, StartAfter: "d0/"})
	if slices.Sort(got); !slices.Equal(got, []string{"d1/", "d2/"}) {
		t.Errorf("a shallow List after d0/ has %q, want d1/ and d2/", got)
	}
	if _, _, err := files.ListPage(t.Context(), b, "", "", 5, nil); !errors.Is(err,
		files.ErrUnsupported) {
		t.Errorf("ListPage without an order: %v, want ErrUnsupported", err)
	}
}

func TestNamesNeedRoom(t *testing.T) {
	narrow := files.Wrap(mem.New(nil), files.Hooks{
		Features: func(f files.Features) files.Features { f.MaxName = 400; return f },
	})
	_, err := crypt.New(narrow, &crypt.Options{
		Keys:    []crypt.Key{key("1", 1)},
		NameKey: secret(3),
	})
	if !errors.Is(err, files.ErrUnsupported) {
		t.Error(err)
	}
}

// TestForeignFilesDontSpoilListings: a file that isn't encrypted makes a listing end
// with one error, which has its name.
func TestForeignFilesDontSpoilListings(t *testing.T) {
	below := mem.New(nil)
	b := open(t, below, key("1", 1))
	put(t, b, "a", content(5))
	put(t, below, "b", []byte("plain"))
	put(t, b, "c", content(7))
	var seen []string
	var failed error
	for e, err := range b.List(t.Context(), "", nil) {
		if failed != nil {
			t.Error("something follows the error")
		}
		if failed = err; err == nil {
			seen = append(seen, e.Name)
		}
	}
	var e *files.Error
	if !slices.Equal(seen, []string{"a", "c"}) || files.KindOf(failed) != files.ErrCorrupt ||
		!errors.As(failed, &e) || e.Name != "b" {
		t.Errorf("List yields %q and then %v, want a, c and ErrCorrupt for b", seen, failed)
	}
	if got := list(t, b, "", &files.ListOptions{NamesOnly: true}); len(got) != 3 {
		t.Errorf("List with NamesOnly has %q, want 3 names", got)
	}
	if n, err := files.DeleteAll(t.Context(), b); err != nil {
		t.Errorf("DeleteAll: %v, %v", n, err)
	}
}
