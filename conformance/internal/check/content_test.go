package check

import (
	"bytes"
	"strings"
	"testing"
)

// TestContentDependsOnOffset checks that Content depends on the seed and the offset, and
// that Diff finds differences.
func TestContentDependsOnOffset(t *testing.T) {
	c := Content(1, 5000)
	if d := Diff(c, Content(1, 5000)); d != "" {
		t.Errorf("Content(1, …) twice: the second %s", d)
	}
	if bytes.Equal(Content(1, 5000),
		Content(2, 5000)) || !bytes.Equal(Content(1, 100), Content(1, 5000)[:100]) {
		t.Error("Content does not depend on the seed, or depends on the length")
	}
	seen := map[string]int{}
	for i := 0; i+16 <= len(c); i++ {
		if before, ok := seen[string(c[i:i+16])]; ok {
			t.Fatalf("the 16 bytes at %d are the same as at %d", i, before)
		}
		seen[string(c[i:i+16])] = i
	}
	for _, d := range []struct {
		got  []byte
		says string
	}{
		{c[:10], "ends after 10 bytes"},
		{append(c[:5000:5000], 1), "goes on to 5001 bytes"},
		{append(bytes.Clone(c[:7]), bytes.Repeat([]byte{c[7] ^ 1}, 4993)...), "offset 7"},
	} {
		if text := Diff(d.got, c); !strings.Contains(text, d.says) {
			t.Errorf("Diff = %q, want %q in it", text, d.says)
		}
	}
}
