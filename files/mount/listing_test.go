package mount_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestListing: random listings over random tables are those of one bucket with the same
// names.
func TestListing(t *testing.T) {
	parts := []string{"a", "b", "b-", "c", "c.d", "é", "\U0001F4C1", "~"}
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 13))
		pick := func(n int) string {
			s := make([]string, 1+rng.IntN(n))
			for i := range s {
				s[i] = parts[rng.IntN(len(parts))]
			}
			return strings.Join(s, "/")
		}
		m := table{"": mem.New(nil)}
		for range rng.IntN(5) {
			m[pick(3)] = mem.New(nil)
		}
		for _, inner := range m { // many of them are hidden
			for range 20 {
				put(t, inner, pick(4))
			}
		}
		b, one := join(t, m), mem.New(nil)
		for _, dir := range slices.Sorted(keys(m)) {
			if dir != "" { // the mounted bucket hides names of the buckets before it
				if _, err := files.DeleteDir(t.Context(), one, dir); err != nil {
					t.Fatal(err)
				}
				dir += "/"
			}
			for _, name := range names(t, m[strings.TrimSuffix(dir, "/")], "", nil) {
				put(t, one, dir+name)
			}
		}
		for range 150 {
			o := files.ListOptions{
				Shallow:  rng.IntN(2) == 0,
				PageSize: rng.IntN(4),
				Limit:    rng.IntN(6),
			}
			dir := ""
			if rng.IntN(2) == 0 {
				dir = pick(3)
			}
			if rng.IntN(3) == 0 {
				o.Prefix = []string{"a", "b", "c.", "é"}[rng.IntN(4)]
			}
			if rng.IntN(2) == 0 {
				o.StartAfter = pick(3) + []string{"", "/"}[rng.IntN(2)]
			}
			got, want := names(t, b, dir, &o), names(t, one, dir, &o)
			if !slices.Equal(got, want) {
				t.Fatalf("seed %d, List(%q, %+v):\n got %q\nwant %q", seed, dir, o, got, want)
			}
		}
	}
}

func keys(m table) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}
