package mem

import (
	"testing"
	"testing/iotest"
)

// TestBody: a body reads as any io.Reader and io.ReaderAt does, at each offset and at
// the end.
func TestBody(t *testing.T) {
	for _, content := range []string{"", "a", "some content"} {
		data := []byte(content)
		if err := iotest.TestReader(&body{rest: data, all: data}, data); err != nil {
			t.Errorf("the body of %q isn't a correct reader: %v", content, err)
		}
	}
	part := &body{rest: []byte("me con"), all: []byte("some content")}
	var p [4]byte
	if n, err := part.ReadAt(p[:], 8); n != 4 || err != nil || string(p[:]) != "tent" {
		t.Errorf("ReadAt of a part's body: %q, %v", p[:n], err)
	}
	if n, err := part.ReadAt(p[:], -1); n != 0 || err == nil {
		t.Errorf("ReadAt before the beginning: %d, %v", n, err)
	}
}
