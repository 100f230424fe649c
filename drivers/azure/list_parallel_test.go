package azure

import (
	"fmt"
	"slices"
	"testing"

	"cloudfiles.dev/drivers/internal/parallellist"
	"cloudfiles.dev/files"
)

// TestParallelList: several requests at a time list what one after the other does.
func TestParallelList(t *testing.T) {
	t.Parallel()
	b, p := proxied(t)
	parallellist.Compare(t, b, p)
}

// TestParallelListFrom: a listing is divided if the service shows that it can begin at a
// name, and nothing is left out if it can't.
func TestParallelListFrom(t *testing.T) {
	var names []string
	for i := range 1000 {
		names = append(names, fmt.Sprintf("dir/%04d", i), fmt.Sprintf("e/%04d", i))
	}
	slices.Sort(names)
	for what, c := range map[string]struct {
		from    func(name, prefix, from string) bool
		divides bool
	}{
		"inclusive": {func(name, _, from string) bool { return name >= from }, true},
		"exclusive": {func(name, _, from string) bool { return name > from }, false},
		"ignored":   {func(_, _, _ string) bool { return true }, false},
		"relative":  {func(name, prefix, from string) bool { return name >= prefix+from }, false},
		"refused":   {nil, false},
	} {
		for _, dir := range []string{"", "dir"} {
			b, requests := opened(t, lister(names, c.from))
			want := names
			if dir != "" {
				want = names[:1000]
			}
			plain := int64(len(want) / 20)
			for range 2 {
				requests.Store(0)
				var got []string
				for e, err := range b.List(t.Context(), dir,
					&files.ListOptions{PageSize: 20, Parallel: 8}) {
					if err != nil {
						t.Fatalf("%s: List(%q): %v", what, dir, err)
					}
					got = append(got, e.Name)
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s, %q: %d names, want %d", what, dir, len(got), len(want))
				}
				if n := requests.Load(); n > plain*4/3+8 || !c.divides && dir != "" && n > plain+1 {
					t.Errorf("%s, %q: %d requests, and %d one after the other", what, dir, n, plain)
				}
			}
			if c.divides && requests.Load() <= plain {
				t.Errorf("%s, %q: it was not divided", what, dir)
			}
		}
	}
}
