package mem

import (
	"bytes"
	"fmt"
	"math/bits"
	"testing"
)

// TestHash: the hash depends on the length and on every bit, at every offset of a
// block, and a changed bit changes about half of the hash's bits.
func TestHash(t *testing.T) {
	seen := map[uint64]string{}
	add := func(what string, p []byte) uint64 {
		h := hashOf(p)
		if other, ok := seen[h]; ok {
			t.Fatalf("%s and %s have the same hash", what, other)
		}
		seen[h] = what
		if again := hashOf(bytes.Clone(p)); again != h {
			t.Fatalf("%s has two hashes", what)
		}
		return h
	}
	changed, pairs := 0, 0
	for size := range 3*blockSize + 2 {
		p := make([]byte, size)
		h := add(fmt.Sprintf("%d zeros", size), p)
		for i := range p {
			for bit := range 8 {
				p[i] ^= 1 << bit
				changed += bits.OnesCount64(h ^ add(fmt.Sprintf("bit %d of byte %d of %d", bit, i,
					size), p))
				pairs++
				p[i] ^= 1 << bit
			}
		}
	}
	if mean := float64(changed) / float64(pairs); mean < 31 || mean > 33 {
		t.Errorf("a bit of the content changes %.2f bits of the hash, want 32", mean)
	}
	// Exchanged blocks change the hash.
	p := make([]byte, 4*blockSize)
	for i := range p {
		p[i] = byte(i / 16)
	}
	add("blocks", p)
	for i := 0; i < len(p); i += 16 {
		for j := i + 16; j < len(p); j += 16 {
			q := bytes.Clone(p)
			copy(q[i:], p[j:j+16])
			copy(q[j:], p[i:i+16])
			add(fmt.Sprintf("%d and %d exchanged", i, j), q)
		}
	}
}
