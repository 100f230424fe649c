package mem_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// listModel returns what a listing of the sorted names must be, by the rules.
func listModel(names []string, dir string, o files.ListOptions) (want []string) {
	if dir != "" {
		dir += "/"
	}
	seen := map[string]bool{}
	for _, name := range names {
		if !strings.HasPrefix(name, dir+o.Prefix) {
			continue
		}
		if o.Shallow {
			if sub, _, ok := strings.Cut(name[len(dir):], "/"); ok {
				name = dir + sub + "/"
			}
		}
		if name > o.StartAfter && !seen[name] && (o.Limit == 0 || len(want) < o.Limit) {
			seen[name] = true
			want = append(want, name)
		}
	}
	return want
}

func listNames(t *testing.T, b files.Bucket, dir string, o files.ListOptions) (got []string) {
	t.Helper()
	for e, err := range b.List(t.Context(), dir, &o) {
		if err != nil {
			t.Fatal(err)
		}
		if e.IsDir != strings.HasSuffix(e.Name, "/") {
			t.Fatalf("%q: IsDir %v", e.Name, e.IsDir)
		}
		got = append(got, e.Name)
	}
	return got
}

func (m *model) list() {
	m.t.Helper()
	dirs := []string{"", "a", "b", "a/b", "é", "a-", "nothing"}
	dir := dirs[m.r.IntN(len(dirs))]
	o := files.ListOptions{Shallow: m.r.IntN(2) == 0, Limit: max(m.r.IntN(20)-8, 0)}
	if m.r.IntN(3) == 0 {
		o.Prefix = elements[m.r.IntN(len(elements))]
	}
	if m.r.IntN(2) == 0 {
		o.StartAfter = randomName(m.r) + []string{"", "/", "0"}[m.r.IntN(3)]
	}
	want := listModel(slices.Sorted(maps.Keys(m.files)), dir, o)
	if got := listNames(m.t, m.b, dir, o); !slices.Equal(got, want) {
		m.t.Fatalf("List(%q, %+v)\n got %q\nwant %q", dir, o, got, want)
	}
	for e, err := range m.b.List(m.t.Context(), dir, nil) {
		if want := m.files[e.Name].info.Entry; err != nil || e != want {
			m.t.Fatalf("entry %v, %v, want %v", e, err, want)
		}
	}
}

// TestListPages: every StartAfter, in every kind of listing of names around the slash,
// and pages of one entry.
func TestListPages(t *testing.T) {
	b := mem.New(nil)
	names := []string{
		"a", "a-", "a-/x", "a.txt", "a/b", "a/b/c", "a/b0", "a0", "a0/a", "b/a/a", "b/a/b",
		"é/\u00e9",
	}
	for _, name := range names {
		put(t, b, name, name)
	}
	for _, dir := range []string{"", "a", "a/b", "b", "é"} {
		for _, shallow := range []bool{false, true} {
			whole := listModel(names, dir, files.ListOptions{Shallow: shallow})
			for _, after := range append([]string{
				"", "\x00", "/", "~", "\xff", "a//", "a/b/", "a/b/~",
			}, append(whole, names...)...) {
				for _, limit := range []int{0, 1, 2} {
					o := files.ListOptions{Shallow: shallow, StartAfter: after, Limit: limit}
					if got, want := listNames(t, b, dir,
						o), listModel(names, dir, o); !slices.Equal(got, want) {
						t.Errorf("List(%q, %+v)\n got %q\nwant %q", dir, o, got, want)
					}
				}
			}
			var pages []string
			for o := (files.ListOptions{
				Shallow: shallow,
				Limit:   1,
			}); ; o.StartAfter = pages[len(pages)-1] {
				page := listNames(t, b, dir, o)
				if len(page) == 0 {
					break
				}
				pages = append(pages, page...)
			}
			if !slices.Equal(pages, whole) {
				t.Errorf("%q, shallow %v: %q by pages, %q at once", dir, shallow, pages, whole)
			}
		}
	}
}
