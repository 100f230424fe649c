package local

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"sort"
)

// sort sorts the items. Of items with the same name it keeps the one whose path counts.
func (f *dirContent) sort() {
	f.sortFrom(f.items, 0)
	f.items = slices.CompactFunc(f.items, func(a, b item) bool {
		return a.key == b.key && bytes.Equal(f.text(a), f.text(b))
	})
}

// sortFrom sorts items whose names have depth bytes in common, by eight bytes at a time
// after their common prefix. The bytes are in the item, so comparing reads no name.
func (f *dirContent) sortFrom(items []item, depth int) {
	if len(items) < 2 {
		return
	}
	first := f.text(items[0])
	common, longest := len(first), len(first)
	for _, it := range items[1:] {
		text := f.text(it)
		n := min(depth, common)
		common = min(common, len(text))
		for n < common && first[n] == text[n] {
			n++
		}
		common = n
		longest = max(longest, len(text))
	}
	if common == longest { // all are the same
		slices.SortFunc(items, func(a, b item) int {
			return cmp.Compare(a.pathKind(), b.pathKind())
		})
		return
	}
	for i := range items {
		items[i].key = keyAt(f.text(items[i])[common:])
	}
	slices.SortFunc(items, func(a, b item) int { return cmp.Compare(a.key, b.key) })
	for start := 0; start < len(items); {
		end := start + 1
		for end < len(items) && items[end].key == items[start].key {
			end++
		}
		if end-start > 1 {
			f.sortFrom(items[start:end], common)
		}
		start = end
	}
}

// keyAt returns the first eight bytes as a number. A name has no NUL, so a shorter one
// comes first.
func keyAt(b []byte) uint64 {
	if len(b) >= 8 {
		return binary.BigEndian.Uint64(b)
	}
	var k uint64
	for i, c := range b {
		k |= uint64(c) << (56 - 8*i)
	}
	return k
}

// has reports whether the known items contain the name. A folder's name ends in a slash.
func (f *dirContent) has(name []byte) bool {
	known := f.items[:f.known]
	i := sort.Search(len(known), func(i int) bool {
		return bytes.Compare(f.text(known[i]), name) >= 0
	})
	return i < len(known) && bytes.Equal(f.text(known[i]), name)
}
