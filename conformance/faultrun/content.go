package faultrun

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/fnv"
)

// value identifies a content: the name of the file for which it was made, the number of
// the write to that file, and the size.
type value struct {
	name string
	seq  int
	size int
}

func (v value) head() string { return fmt.Sprintf("%d %d %q\n", v.seq, v.size, v.name) }

// text returns the content: a line that identifies it, and then bytes that depend on the
// value and on the offset.
func (v value) text() []byte {
	head := v.head()
	b := make([]byte, v.size)
	copy(b, head)
	h := fnv.New64a()
	h.Write([]byte(head))
	x := h.Sum64() | 1
	for rest := b[min(len(head), len(b)):]; len(rest) > 0; {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		var word [8]byte
		binary.LittleEndian.PutUint64(word[:], x)
		rest = rest[copy(rest, word[:]):]
	}
	return b
}

// newValue makes a value of that size, or of the size of the first line if that is
// longer.
func newValue(name string, seq, size int) value {
	v := value{name, seq, size}
	for v.size < len(v.head()) { // the line contains the size
		v.size = len(v.head())
	}
	return v
}

// parse returns the value of the content, or an error that says what is wrong with
// it.
func parse(b []byte) (value, error) {
	var v value
	head, _, ok := bytes.Cut(b, []byte("\n"))
	if !ok {
		return v, fmt.Errorf("%d bytes without a first line: %.40q", len(b), b)
	}
	if _, err := fmt.Sscanf(string(head), "%d %d %q", &v.seq, &v.size, &v.name); err != nil {
		return v, fmt.Errorf("%d bytes that no client put: %.60q", len(b), b)
	}
	if len(b) != v.size {
		return v, fmt.Errorf("%d of the %d bytes of write %d of %s", len(b), v.size, v.seq, v.name)
	}
	if want := v.text(); !bytes.Equal(b, want) {
		at := 0
		for at < len(b) && b[at] == want[at] {
			at++
		}
		return v, fmt.Errorf("write %d of %s with other bytes from offset %d", v.seq, v.name, at)
	}
	return v, nil
}

// mark returns the value that the write has in its metadata. It shows if content and
// metadata are of different writes.
func (v value) mark() string { return fmt.Sprintf("%d of %s", v.seq, v.name) }
