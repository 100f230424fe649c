package transfer

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// spool keeps deletions until all of them are known: in memory up to spoolMemory, and
// beyond that in a temporary file.
type spool struct {
	n, given int64
	mem      bytes.Buffer
	file     *os.File
	buf      []byte
}

const spoolMemory = 4 << 20

// add keeps a deletion.
func (s *spool) add(c *Change) error {
	s.buf = s.buf[:0]
	for _, text := range [...]string{
		c.Name, c.Target.Name, string(c.Target.Version), string(c.Reason),
	} {
		s.buf = binary.AppendUvarint(s.buf, uint64(len(text)))
		s.buf = append(s.buf, text...)
	}
	s.buf = binary.AppendVarint(s.buf, c.Target.Size)
	s.buf = binary.AppendVarint(s.buf, c.Target.ModTime.Unix())
	s.buf = binary.AppendVarint(s.buf, int64(c.Target.ModTime.Nanosecond()))
	if s.mem.Len()+len(s.buf) > spoolMemory {
		if err := s.spill(); err != nil {
			return err
		}
	}
	s.mem.Write(s.buf)
	s.n++
	return nil
}

// spill moves the deletions in memory to the file.
func (s *spool) spill() (err error) {
	if s.file == nil {
		if s.file, err = os.CreateTemp("", "transfer-deletions-*.tmp"); err != nil {
			return driver.NewError(files.OpDeleteMany, "", err)
		}
	}
	if _, err = s.file.Write(s.mem.Bytes()); err != nil {
		return driver.NewError(files.OpDeleteMany, "", err)
	}
	s.mem.Reset()
	return nil
}

// left returns how many deletions each hasn't passed to its function yet.
func (s *spool) left() int64 { return s.n - s.given }

// each calls f for the deletions in the order in which they were added, until f returns
// false.
func (s *spool) each(f func(Change) bool) error {
	var r io.Reader = &s.mem
	if s.file != nil {
		if _, err := s.file.Seek(0, io.SeekStart); err != nil {
			return driver.NewError(files.OpDeleteMany, "", err)
		}
		r = io.MultiReader(s.file, &s.mem)
	}
	in := bufio.NewReaderSize(r, 64<<10)
	for s.given < s.n {
		c, err := readDeletion(in)
		if err != nil {
			return driver.NewError(files.OpDeleteMany, "", err)
		}
		s.given++
		if !f(c) {
			return nil
		}
	}
	return nil
}

func readDeletion(in *bufio.Reader) (Change, error) {
	var texts [4]string
	for i := range texts {
		n, err := binary.ReadUvarint(in)
		if err != nil {
			return Change{}, unexpected(err)
		}
		text := make([]byte, n)
		if _, err := io.ReadFull(in, text); err != nil {
			return Change{}, unexpected(err)
		}
		texts[i] = string(text)
	}
	var numbers [3]int64
	for i := range numbers {
		n, err := binary.ReadVarint(in)
		if err != nil {
			return Change{}, unexpected(err)
		}
		numbers[i] = n
	}
	return Change{
		Action: ActionDelete,
		Reason: Reason(texts[3]),
		Name:   texts[0],
		Target: files.Entry{
			Name:    texts[1],
			Version: files.Version(texts[2]),
			Size:    numbers[0],
			ModTime: time.Unix(numbers[1], numbers[2]).UTC(),
		},
	}, nil
}

// unexpected returns the error for a temporary file that is too short.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// close removes the file.
func (s *spool) close() {
	if s.file != nil {
		s.file.Close()
		os.Remove(s.file.Name())
	}
}
