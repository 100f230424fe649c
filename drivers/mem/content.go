package mem

import (
	"bytes"
	"io"
	"strings"
	"unsafe"
)

const (
	// readSize is the most that one Read reads. Between Reads the context is checked,
	// and the digest is computed while the bytes are in the processor's cache.
	readSize = 256 << 10
	// maxFirstAlloc is how much is allocated because of a declared size, which may come
	// from the network.
	maxFirstAlloc = 16 << 20
	// pieceSize is the most that is allocated at a time for content of unknown size.
	pieceSize = 1 << 20
)

// readContent reads to the end. size is the declared size, or -1.
func readContent(r io.Reader, size int64) ([]byte, error) {
	if size < 0 {
		return readPieces(r, nil)
	}
	data := newBuffer(min(size, maxFirstAlloc))
	for {
		if len(data) == cap(data) {
			if int64(len(data)) >= size {
				return readRest(r, data)
			}
			// A few steps, each only after the bytes for the one before have come.
			data = append(newBuffer(min(size, 16*int64(cap(data)))), data...)
		}
		n, err := r.Read(data[len(data):min(len(data)+readSize, cap(data))])
		data = data[:len(data)+n]
		if err == io.EOF {
			return trim(data), nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// newBuffer returns an empty slice of that capacity. A large one isn't cleared, which
// would take as long as hashing it. What is beyond its length is arbitrary, and is
// never returned.
func newBuffer(n int64) []byte {
	if n < 32<<10 {
		return make([]byte, 0, n)
	}
	var b strings.Builder // it allocates memory without clearing it
	b.Grow(int(n))
	b.WriteByte(0)
	return unsafe.Slice(unsafe.StringData(b.String()), b.Cap())[:0]
}

// readRest reads the end of content that should have ended, as nearly all content has.
func readRest(r io.Reader, data []byte) ([]byte, error) {
	var more [1]byte
	for {
		n, err := r.Read(more[:])
		switch {
		case err != nil && err != io.EOF:
			return nil, err
		case n > 0 && err == nil:
			return readPieces(r, [][]byte{data, more[:]})
		case n > 0:
			return bytes.Join([][]byte{data, more[:]}, nil), nil
		case err == io.EOF:
			return data, nil
		}
	}
}

// readPieces reads content of unknown size after the pieces, and joins them at the end.
// It copies nothing twice, and never has more than a piece allocated in vain.
func readPieces(r io.Reader, pieces [][]byte) ([]byte, error) {
	for size := 4 << 10; ; size = min(2*size, pieceSize) {
		p, err := readFull(r, make([]byte, 0, size))
		pieces = append(pieces, p)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	if len(pieces) == 1 {
		return trim(pieces[0]), nil
	}
	return bytes.Join(pieces, nil), nil
}

// readFull reads until p's capacity is used or Read returns an error.
func readFull(r io.Reader, p []byte) ([]byte, error) {
	for len(p) < cap(p) {
		n, err := r.Read(p[len(p):min(len(p)+readSize, cap(p))])
		p = p[:len(p)+n]
		if err != nil {
			return p, err
		}
	}
	return p, nil
}

// trim returns data in as much memory as it needs. It copies data unless that saves
// little.
func trim(data []byte) []byte {
	if cap(data)-len(data) <= len(data)/16 {
		return data
	}
	return append(make([]byte, 0, len(data)), data...)
}
