package files_test

import (
	"testing"

	"cloudfiles.dev/files"
)

// TestOpenAtMemory: Memory bounds the blocks that are kept. With room for two blocks,
// the first is requested again after others were read; with the default bound it isn't.
func TestOpenAtMemory(t *testing.T) {
	for _, memory := range []int64{0, 2 * blockSize} {
		r := newRemote(t)
		r.put(t, "f", randomBytes(80*blockSize))
		f := openAt(t, r.Bucket, "f", &files.OpenAtOptions{Memory: memory})
		var before int64
		for _, block := range []int64{3, 20, 40, 60, 3} {
			before, _ = f.Counts()
			if _, err := f.ReadAt(make([]byte, 10), block*blockSize); err != nil {
				t.Fatal(err)
			}
		}
		after, _ := f.Counts()
		if again := after > before; again != (memory > 0) {
			t.Errorf("memory %d: the first block was requested again: %v", memory, again)
		}
		f = openAt(t, r.Bucket, "f", nil) // leaves the bound as it is
		for _, block := range []int64{10, 30, 50, 70, 10} {
			before, _ = f.Counts()
			if _, err := f.ReadAt(make([]byte, 10), block*blockSize); err != nil {
				t.Fatal(err)
			}
		}
		after, _ = f.Counts()
		if again := after > before; again != (memory > 0) {
			t.Errorf("memory %d, and then 0: a block was requested again: %v", memory, again)
		}
	}
}
