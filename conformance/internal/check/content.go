package check

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Content returns n bytes that depend on their offset and the seed, so that a comparison
// finds a swapped, shifted or mixed part. Each block begins with a number that depends on
// its offset and the seed. A part of the noise follows, which begins at an offset that
// depends on both, too.
func Content(seed, n int) []byte {
	const block = 512
	all := noise()
	b := make([]byte, n+block)
	for i := 0; i < n; i += block {
		own := Mix(uint64(seed)<<40 ^ uint64(i))
		copy(b[i:i+block], all[own%(noiseSize-block):])
		binary.LittleEndian.PutUint64(b[i:], own)
	}
	return b[:n:n]
}

const noiseSize = 1 << 16

// noise is random bytes that don't repeat.
var noise = sync.OnceValue(func() []byte {
	b := make([]byte, noiseSize)
	for i := 0; i < len(b); i += 8 {
		binary.LittleEndian.PutUint64(b[i:], Mix(uint64(i)))
	}
	return b
})

// Mix maps x one-to-one to a value that looks random.
func Mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Diff returns how got differs from want, or "" if they are equal.
func Diff(got, want []byte) string {
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

// plain hides every method but Read.
type plain struct{ io.Reader }

// Stream returns a reader of the bytes that has no length and can't seek.
func Stream(b []byte) io.Reader { return plain{bytes.NewReader(b)} }

// ReaderFunc is a Read method as a function.
type ReaderFunc func(p []byte) (int, error)

func (f ReaderFunc) Read(p []byte) (int, error) { return f(p) }

// Hook returns a reader of b that calls once before the first Read that begins at or
// after the offset at.
func Hook(b []byte, at int, once func()) io.Reader {
	pos := 0
	return ReaderFunc(func(p []byte) (int, error) {
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

// Failing returns a reader of b that then fails. If with is true, the error comes with
// the last bytes.
func Failing(b []byte, with bool, err error) io.Reader {
	return ReaderFunc(func(p []byte) (int, error) {
		n := copy(p, b)
		b = b[n:]
		if len(b) == 0 && (with || n == 0) {
			return n, err
		}
		return n, nil
	})
}

// Flip returns a reader that changes the byte at the offset.
func Flip(r io.Reader, at int) io.Reader {
	pos := 0
	return ReaderFunc(func(p []byte) (int, error) {
		n, err := r.Read(p)
		if i := at - pos; i >= 0 && i < n {
			p[i] ^= 1
		}
		pos += n
		return n, err
	})
}

// ErrReader is the error of content whose reader fails.
var ErrReader = errors.New("the content's own failure")
