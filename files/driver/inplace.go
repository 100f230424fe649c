package driver

import (
	"bytes"
	"io"
	"strings"
	"unsafe"
)

// held is content that is in memory already, so that it need not be copied to be read
// again. It is only read, and only during its Put.
type held struct {
	ok    bool
	bytes []byte // what is left
}

// hold takes what is left in the standard library's readers of memory. Their WriteTo
// passes all of it in one call and leaves them at their end. WriteTo of other types may
// do anything, and is not called.
func (h *held) hold(r io.Reader) {
	switch r.(type) {
	case *bytes.Reader, *bytes.Buffer, *strings.Reader:
		h.ok = true
		r.(io.WriterTo).WriteTo(h)
	}
}

func (h *held) Write(p []byte) (int, error) {
	h.bytes = p
	return len(p), nil
}

// WriteString keeps what a strings.Reader has. The bytes of the string are never
// changed, because no code that writes to them gets them.
func (h *held) WriteString(s string) (int, error) {
	return h.Write(unsafe.Slice(unsafe.StringData(s), len(s)))
}

// next returns the next bytes, at most n, and io.EOF with the last.
func (h *held) next(n int64) (p []byte, err error) {
	n = min(n, int64(len(h.bytes)))
	p, h.bytes = h.bytes[:n], h.bytes[n:]
	if len(h.bytes) == 0 {
		err = io.EOF
	}
	return p, err
}
