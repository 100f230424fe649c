package conformance

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"sync"
)

// content returns n bytes that tell their position and their seed, so that a swapped,
// shifted or mixed part shows: each block begins with a word of its own, and goes on
// with a piece of noise from a place of its own.
func content(seed, n int) []byte {
	const block = 512
	all := noise()
	b := make([]byte, n+block)
	for i := 0; i < n; i += block {
		own := mix(uint64(seed)<<40 ^ uint64(i))
		copy(b[i:i+block], all[own%(noiseSize-block):])
		binary.LittleEndian.PutUint64(b[i:], own)
	}
	return b[:n:n]
}

const noiseSize = 1 << 16

// noise doesn't repeat.
var noise = sync.OnceValue(func() []byte {
	b := make([]byte, noiseSize)
	for i := 0; i < len(b); i += 8 {
		binary.LittleEndian.PutUint64(b[i:], mix(uint64(i)))
	}
	return b
})

// mix scatters x one-to-one.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// diff says where got differs from want, or "".
func diff(got, want []byte) string {
	if bytes.Equal(got, want) {
		return ""
	}
	n := 0
	for n < len(got) && n < len(want) && got[n] == want[n] {
		n++
	}
	switch {
	case n == len(got):
		return fmt.Sprintf("ends after %d bytes, want %d", n, len(want))
	case n == len(want):
		return fmt.Sprintf("goes on to %d bytes, want %d", len(got), len(want))
	}
	return fmt.Sprintf("differs at offset %d (0x%02x, want 0x%02x) and has %d bytes, want %d", n,
		got[n], want[n], len(got), len(want))
}

// plain hides everything but Read.
type plain struct{ io.Reader }

// stream returns the bytes as a reader that tells neither its length nor seeks.
func stream(b []byte) io.Reader { return plain{bytes.NewReader(b)} }

// readerFunc is a Read method.
type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// hook reads b, and calls at once before the Read that begins at or behind the offset at.
func hook(b []byte, at int, once func()) io.Reader {
	pos := 0
	return readerFunc(func(p []byte) (int, error) {
		if pos >= at && once != nil {
			f := once
			once = nil
			f()
		}
		if pos == len(b) {
			return 0, io.EOF
		}
		if pos < at {
			p = p[:min(len(p), at-pos)]
		}
		n := copy(p, b[pos:])
		pos += n
		return n, nil
	})
}

// failing reads b and then fails; together with the last bytes, where with is true.
func failing(b []byte, with bool, err error) io.Reader {
	return readerFunc(func(p []byte) (int, error) {
		n := copy(p, b)
		b = b[n:]
		if len(b) == 0 && (with || n == 0) {
			return n, err
		}
		return n, nil
	})
}
