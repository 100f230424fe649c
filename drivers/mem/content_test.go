package mem

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

func TestReadContent(t *testing.T) {
	data := make([]byte, 5<<20+3)
	for i := range data {
		data[i] = byte(i / 7)
	}
	sizes := []int{
		0, 1, 511, 4095, 4096, 4097, readSize - 1, readSize, readSize + 1, pieceSize,
		3*pieceSize + 1, len(data),
	}
	readers := map[string]func([]byte) io.Reader{
		"whole": func(p []byte) io.Reader { return bytes.NewReader(p) },
		"halves": func(p []byte) io.Reader {
			return iotest.HalfReader(bytes.NewReader(p))
		},
		"data with error": func(p []byte) io.Reader {
			return iotest.DataErrReader(bytes.NewReader(p))
		},
		"empty reads": func(p []byte) io.Reader { return &emptyReads{r: bytes.NewReader(p)} },
	}
	for kind, reader := range readers {
		for _, size := range sizes {
			// The declared size may be right, unknown, too small or too large.
			for _, declared := range []int64{int64(size), -1, int64(size) / 2, max(int64(size)-1,
				0), int64(size) + 1, 2*int64(size) + 9} {
				got, err := readContent(reader(data[:size]), declared)
				if err != nil || !bytes.Equal(got, data[:size]) {
					t.Fatalf("%s: %d bytes, declared %d: got %d bytes, %v", kind, size, declared,
						len(got),
						err)
				}
				if waste := cap(got) - len(got); waste > len(got)/8+64 && len(got) > 0 {
					t.Errorf("%s: %d bytes, declared %d: %d bytes allocated in vain", kind, size,
						declared,
						waste)
				}
			}
		}
	}
}

// emptyReads returns no bytes every other time, as a Reader may.
type emptyReads struct {
	r    io.Reader
	turn bool
}

func (e *emptyReads) Read(p []byte) (int, error) {
	if e.turn = !e.turn; e.turn {
		return 0, nil
	}
	return e.r.Read(p)
}

// TestReadContentDoesNotTrust: a huge declared size costs no more than maxFirstAlloc,
// and only until the end.
func TestReadContentDoesNotTrust(t *testing.T) {
	for _, declared := range []int64{1 << 40, 1<<63 - 1} {
		got, err := readContent(bytes.NewReader([]byte("short")), declared)
		if err != nil || string(got) != "short" || cap(got) > 64 {
			t.Errorf("%q of capacity %d, %v", got, cap(got), err)
		}
	}
	// Beyond maxFirstAlloc the buffer grows, and the content stays whole.
	const size = maxFirstAlloc + 5
	r := io.LimitReader(onesReader{}, size)
	got, err := readContent(r, size)
	if err != nil || len(got) != size || got[maxFirstAlloc-1] != 1 || got[size-1] != 1 ||
		cap(got) > size+size/8 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

type onesReader struct{}

func (onesReader) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 1
	}
	return len(p), nil
}

func TestReadContentError(t *testing.T) {
	failure := errors.New("failure")
	for _, before := range []int{0, 5, 10, 11, 2 << 20} {
		for _, declared := range []int64{-1, 5, 10, 4 << 20} {
			r := io.MultiReader(bytes.NewReader(make([]byte, before)), iotest.ErrReader(failure))
			if got, err := readContent(r, declared); got != nil || err != failure {
				t.Errorf("%d bytes, declared %d: %d bytes, %v", before, declared, len(got), err)
			}
		}
	}
}

// TestKnownSizeAllocatesOnce: content of a known size is allocated once, with one byte
// to find the end.
func TestKnownSizeAllocatesOnce(t *testing.T) {
	data := make([]byte, 100_000)
	r := bytes.NewReader(data)
	if n := testing.AllocsPerRun(50, func() {
		r.Reset(data)
		if _, err := readContent(r, int64(len(data))); err != nil {
			t.Fatal(err)
		}
	}); n > 2 {
		t.Errorf("%v allocations, want at most 2", n)
	}
}
