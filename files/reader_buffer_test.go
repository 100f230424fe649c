package files_test

import (
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
)

// TestChunksShareMemory: the chunks of a body are all in one buffer, whatever their
// number.
func TestChunksShareMemory(t *testing.T) {
	b := mem.New(nil)
	put(t, b, "a", strings.Repeat("text", 25_000))
	r, err := b.Get(ctx, "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var first *byte
	n := 0
	for chunk, err := range r.Chunks(1000) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; first == nil {
			first = &chunk[0]
		} else if first != &chunk[0] {
			t.Fatalf("chunk %d is elsewhere than the first", n)
		}
	}
	if n != 100 {
		t.Errorf("%d chunks, want 100", n)
	}
}
