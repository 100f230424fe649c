package check

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// TestGenerated checks that generated content depends on the offset, and that
// WantGenerated finds differences.
func TestGenerated(t *testing.T) {
	const n = 3*generatedBlock + 17
	all, err := io.ReadAll(iotest.HalfReader(Generated(n)))
	if err != nil || len(all) != n {
		t.Fatalf("reading Generated: %d bytes, %v, want %d", len(all), err, n)
	}
	if bytes.Equal(all[:generatedBlock], all[generatedBlock:2*generatedBlock]) {
		t.Error("two blocks are equal")
	}
	for _, r := range [][2]int64{
		{0, n}, {1, n - 1}, {generatedBlock - 1, 2}, {generatedBlock, 1}, {n - 5, 5}, {n, 0},
	} {
		part := all[r[0] : r[0]+r[1]]
		if err := WantGenerated(iotest.OneByteReader(bytes.NewReader(part)), r[0],
			r[1]); err != nil {
			t.Errorf("WantGenerated of %d bytes from %d on: %v, want nil", r[1], r[0], err)
		}
	}
	swapped := bytes.Clone(all)
	copy(swapped, all[generatedBlock:2*generatedBlock])
	for what, c := range map[string]struct {
		r    io.Reader
		says string
	}{
		"cut":     {bytes.NewReader(all[:n-1]), "ends after"},
		"longer":  {bytes.NewReader(append(bytes.Clone(all), 0)), "goes on"},
		"swapped": {bytes.NewReader(swapped), "differs at offset 0"},
		"broken": {io.MultiReader(bytes.NewReader(all[:100]),
			iotest.ErrReader(io.ErrClosedPipe)), "closed"},
		"shifted": {bytes.NewReader(all[1:]), "differs at offset 0"},
	} {
		if err := WantGenerated(c.r, 0, n); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("WantGenerated, %s: %v, want an error with %q", what, err, c.says)
		}
	}
}
