package files_test

import (
	"testing"

	"cloudfiles.dev/drivers/mem"
)

// TestChunksOfOneByte: Chunks(1) yields single bytes.
func TestChunksOfOneByte(t *testing.T) {
	b := mem.New(nil)
	put(t, b, "a", "text")
	r, err := b.Get(ctx, "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n := 0
	for chunk, err := range r.Chunks(1) {
		if n++; len(chunk) != 1 || err != nil {
			t.Errorf("chunk %d is %q, %v, want 1 byte and nil", n, chunk, err)
		}
	}
	if n != 4 {
		t.Errorf("Chunks(1) yields %d chunks, want 4", n)
	}
}
