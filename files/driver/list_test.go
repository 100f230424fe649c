package driver_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// expected is the definition of a listing, in O(n).
func expected(names []string, dir string, o files.ListOptions) []string {
	var out []string
	for _, n := range names {
		base := ""
		if dir != "" {
			base = dir + "/"
		}
		rest, ok := strings.CutPrefix(n, base)
		if !ok || !strings.HasPrefix(rest, o.Prefix) {
			continue
		}
		if i := strings.IndexByte(rest, '/'); o.Shallow && i >= 0 {
			n = base + rest[:i+1]
		}
		skipped := o.Shallow && strings.HasSuffix(o.StartAfter,
			"/") && strings.HasPrefix(n, o.StartAfter) && len(o.StartAfter) > len(base)
		if n > o.StartAfter && !skipped {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if o.Limit > 0 && len(out) > o.Limit {
		out = out[:o.Limit]
	}
	return out
}

func TestListAgainstDefinition(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	alphabet := []string{"a", "b", "a-", "a.", "a0", "ab", "é", "~"}
	b := driver.New(mapdriver.New())
	var names []string
	for range 120 {
		var parts []string
		for range 1 + rnd.IntN(4) {
			parts = append(parts, alphabet[rnd.IntN(len(alphabet))])
		}
		name := strings.Join(parts, "/")
		if _, err := b.Put(t.Context(), name, strings.NewReader(name), nil); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	after := append([]string{"", "a/", "a/b/", "zzz", "A", "a/a", "b/a/"}, names[:20]...)
	for _, dir := range []string{"", "a", "a/b", "none"} {
		for _, prefix := range []string{"", "a", "a-", "x"} {
			for _, shallow := range []bool{false, true} {
				for _, start := range after {
					for _, limit := range []int{0, 1, 3} {
						o := files.ListOptions{
							Prefix:     prefix,
							Shallow:    shallow,
							StartAfter: start,
							Limit:      limit,
						}
						var got []string
						for e, err := range b.List(t.Context(), dir, &o) {
							if err != nil {
								t.Fatal(err)
							}
							if e.IsDir != strings.HasSuffix(e.Name, "/") {
								t.Fatalf("entry %+v", e)
							}
							got = append(got, e.Name)
						}
						if want := expected(names, dir, o); !slices.Equal(got, want) {
							t.Fatalf("List(%q, %+v):\n got %q\nwant %q", dir, o, got, want)
						}
					}
				}
			}
		}
	}
}

func TestPrefixEnd(t *testing.T) {
	for in, want := range map[string]string{
		"":         "",
		"a":        "b",
		"a/":       "a0",
		"a\xff":    "b",
		"\xff\xff": "",
	} {
		if got := driver.PrefixEnd(in); got != want {
			t.Errorf("PrefixEnd(%q) = %q, want %q", in, got, want)
		}
	}
}
