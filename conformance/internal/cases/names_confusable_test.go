package cases

import (
	"slices"
	"strings"
	"testing"
)

// TestRandomNames: no random name is the directory of another one, and each seed makes
// many names.
func TestRandomNames(t *testing.T) {
	for seed := range uint64(3000) {
		names := randomNames(seed, 1024)
		if len(names) < 100 || !slices.IsSorted(names) {
			t.Errorf("seed %d: %d names", seed, len(names))
		}
		for _, n := range names {
			for dir, ok := n, true; ok; {
				i := strings.LastIndexByte(dir, '/')
				if ok = i >= 0; ok {
					dir = dir[:i]
				}
				if _, found := slices.BinarySearch(names, dir); ok && found {
					t.Errorf("seed %d: %q is the directory of %q", seed, dir, n)
				}
			}
		}
	}
}
