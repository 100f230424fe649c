package azure

import (
	"cmp"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"cloudfiles.dev/files"
)

// pages is a service that lists names in their order, in pages of a given size.
type pages struct {
	names []string
	size  int
	asked int
}

func (p *pages) from(at cursor) iter.Seq2[cursorEntry, error] {
	return func(yield func(cursorEntry, error) bool) {
		start := 0
		if at.marker != nil {
			fmt.Sscan(*at.marker, &start)
		}
		for begin := start; begin < len(p.names); begin += p.size {
			p.asked++
			marker := fmt.Sprint(begin)
			for i, n := range p.names[begin:min(begin+p.size, len(p.names))] {
				if begin == start && i < at.index {
					continue
				}
				if !yield(cursorEntry{files.Entry{Name: n}, cursor{
					marker: &marker,
					index:  i,
				}}, nil) {
					return
				}
			}
		}
	}
}

func compareUTF16(a, b string) int {
	return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
}

func TestListOrderIsByBytes(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	alphabet := []string{
		"a", "/", "é", "\ud7ff", "\ue000", "\uffee", "\U00010000", "😀", "\U0010ffff",
	}
	for range 3000 {
		set := map[string]bool{}
		for range 1 + random.IntN(40) {
			var s strings.Builder
			for range 1 + random.IntN(5) {
				s.WriteString(alphabet[random.IntN(len(alphabet))])
			}
			set[s.String()] = true
		}
		var names []string
		for n := range set {
			names = append(names, n)
		}
		want := slices.Sorted(slices.Values(names))
		for _, order := range []func(a, b string) int{compareUTF16, cmp.Compare[string]} {
			slices.SortFunc(names, order)
			p := &pages{names: names, size: 1 + random.IntN(6)}
			limit := 1 + random.IntN(len(names)+1)
			var got []string
			r := &reorder{
				from: p.from,
				most: 1 + random.IntN(8),
				yield: func(e files.Entry, err error) bool {
					got = append(got, e.Name)
					return err == nil && len(got) < limit
				},
			}
			r.run(cursor{}, 0, func(string) class { return take })
			if w := want[:min(limit, len(want))]; !slices.Equal(got, w) {
				t.Fatalf("%q, in pages of %d, holding %d:\n got %q\nwant %q", names, p.size, r.most,
					got, w)
			}
		}
	}
}

// TestReorderCost: names in the basic plane are listed once, and others at most twice.
func TestReorderCost(t *testing.T) {
	for what, c := range map[string]struct {
		char string
		most int
	}{
		"in the basic plane":               {"é", 10},
		"beyond it, few enough to hold":    {"😀", 10},
		"beyond it, more than can be held": {"😀", 30},
	} {
		var names []string
		for i := range 1000 {
			names = append(names, fmt.Sprintf("%s/%04d", c.char, i))
		}
		hold := 2000
		if c.most > 10 {
			hold = 100
		}
		p := &pages{names: names, size: 100}
		n := 0
		r := &reorder{
			from:  p.from,
			most:  hold,
			yield: func(files.Entry, error) bool { n++; return true },
		}
		r.run(cursor{}, 0, func(string) class { return take })
		if n != 1000 || p.asked > c.most {
			t.Errorf("%s: %d names of 1000, in %d requests, want at most %d", what, n, p.asked,
				c.most)
		}
	}
}
