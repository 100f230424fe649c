package compress

import (
	"errors"
	"io"
	"os"
	"syscall"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/digests"
)

// spool stores the content in a temporary file first, so that its size is known when the
// metadata is sent.
func (z *codec) spool(content io.Reader, pack bool,
	opts *files.PutOptions) (io.Reader, int64, error) {
	f, err := os.CreateTemp(z.tempDir, "cloudfiles-*")
	if err != nil {
		return nil, 0, spoolError(err)
	}
	os.Remove(f.Name()) // fails on Windows, where Close removes the file
	s := &spooled{File: f}
	done := false
	defer func() {
		if !done { // also if the content's Read panics
			s.Close()
		}
	}()
	c := &counter{r: content}
	c.sum.Init(digests.Digest{})
	var from io.Reader = c
	m := mark{kind: plain}
	if pack {
		m.kind = packed
		if from, err = z.encode(c, unknown); err != nil {
			return nil, 0, err
		}
		defer from.(*encoder).Close()
	}
	r := &source{r: from}
	n, err := io.Copy(f, r)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		if r.err != nil {
			return nil, 0, r.err
		}
		return nil, 0, spoolError(err)
	}
	m.size, m.crc32c = c.n, c.sum.Sum().CRC32C
	m.set(opts)
	done = true
	return s, n, nil
}

func spoolError(err error) error {
	kind := files.ErrUnavailable
	if errors.Is(err, syscall.ENOSPC) {
		kind = files.ErrTooLarge
	}
	var p *os.PathError
	if errors.As(err, &p) {
		err = p.Err // without the path
	}
	return driver.WithCause(kind, err, "content of unknown size needs a temporary file: "+
		err.Error())
}

// spooled is a temporary file that its Close removes. It is read in order.
type spooled struct{ *os.File }

func (s *spooled) Close() error {
	err := s.File.Close()
	os.Remove(s.Name())
	return err
}

// counter counts the bytes that are read, and computes their digest.
type counter struct {
	r   io.Reader
	n   int64
	sum digests.Hasher
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	c.sum.Write(p[:n])
	return n, err
}

// source keeps the reader's own error, to distinguish it from others.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}
