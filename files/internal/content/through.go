package content

import (
	"io"
	"os"
)

// Remaining returns how many bytes are left as the reader reports it, or -1. It never
// reads, and leaves the reader where it was.
func Remaining(r io.Reader) int64 {
	r, _ = Inside(r)
	switch r := r.(type) {
	case interface{ Len() int }: // bytes.Reader, bytes.Buffer, strings.Reader
		return max(int64(r.Len()), -1)
	case *os.File:
		fi, err := r.Stat()
		if err != nil || !fi.Mode().IsRegular() {
			return -1
		}
		at, err := r.Seek(0, io.SeekCurrent)
		if err != nil {
			return -1
		}
		return max(fi.Size()-at, 0)
	case interface{ Limited() (io.Reader, int64) }: // a limit of package files
		inside, limit := r.Limited()
		if n := Remaining(inside); n >= 0 {
			return min(n, limit+1) // it fails if it is longer
		}
	case *io.LimitedReader:
		if n := Remaining(r.R); n >= 0 {
			return max(min(n, r.N), 0)
		}
	}
	return -1
}

// Through returns a reader whose Read is the given one, which reads from r. It also has
// what a Put looks for in its content: Seek, if r can seek, and Len, if r reports how
// much it has. So a known size stays known, and a retry can rewind.
func Through(r io.Reader, read func(p []byte) (int, error)) io.Reader {
	t := &through{r, read}
	s, seeks := r.(io.Seeker)
	if seeks {
		_, err := s.Seek(0, io.SeekCurrent)
		seeks = err == nil // a pipe is an *os.File as well
	}
	switch known := Remaining(r) >= 0; {
	case seeks && known:
		return &struct {
			io.Reader
			io.Seeker
			length
		}{t, s, length{r}}
	case seeks:
		return &struct {
			io.Reader
			io.Seeker
		}{t, s}
	case known:
		return &struct {
			io.Reader
			length
		}{t, length{r}}
	}
	return t
}

type through struct {
	r    io.Reader
	read func(p []byte) (int, error)
}

func (t *through) Read(p []byte) (int, error) { return t.read(p) }

type length struct{ of io.Reader }

// Len returns the number of unread bytes, as Len of bytes.Reader does.
func (l length) Len() int { return int(Remaining(l.of)) }
