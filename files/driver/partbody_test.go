package driver

import (
	"bytes"
	"errors"
	"hash/crc32"
	"io"
	"strings"
	"testing"
)

func TestPartBody(t *testing.T) {
	req := &PutRequest{
		Size:    -1,
		Content: &Content{ctx: t.Context(), src: strings.NewReader("0123456789"), size: -1},
	}
	parts, err := NewParts(PartPlan{
		PartSize:    4,
		Concurrency: 1,
		MaxParts:    10,
		MaxPartSize: 4,
	}, req)
	if err != nil {
		t.Fatal(err)
	}
	part, err := parts.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer part.Release()
	b := part.Body()
	for range 2 { // sent, and sent again
		if p, err := io.ReadAll(b); err != nil || !bytes.Equal(p, []byte("0123")) || b.Len() != 0 {
			t.Errorf("read %q, %v, %d left; want 0123, all of it", p, err, b.Len())
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		if n, err := b.Seek(2, io.SeekStart); n != 2 || err != nil {
			t.Errorf("Seek: %d, %v, want 2 and no error", n, err)
		}
		if b.Len() != 2 {
			t.Errorf("%d bytes left, want 2", b.Len())
		}
		if _, err := b.Seek(0, io.SeekStart); err != nil {
			t.Error(err)
		}
	}
	var all bytes.Buffer
	if n, err := io.Copy(&all, b); n != 4 || err != nil || all.String() != "0123" || b.Len() != 0 {
		t.Errorf("copied %d bytes, %q, %v", n, all.String(), err)
	}
	b.End()
	if _, err := b.WriteTo(io.Discard); err == nil {
		t.Error("WriteTo after End: want an error")
	}
	if _, err := b.WriteTo(crc32.NewIEEE()); err == nil || err == io.EOF {
		t.Errorf("hashed after End: %v; want an error that isn't the end", err)
	}
	if n, err := b.Read(make([]byte, 4)); n != 0 || err == nil || err == io.EOF {
		t.Errorf("Read after End: %d, %v; want an error that isn't the end", n, err)
	}
	if _, err := b.Seek(0, io.SeekStart); err == nil {
		t.Error("Seek after End: want an error")
	}
	if b.Len() != 0 {
		t.Errorf("%d bytes left after End, want 0", b.Len())
	}
}

// limited is a writer that takes so many bytes, and then fails or reports fewer.
type limited struct {
	left int
	err  error
}

func (l *limited) Write(p []byte) (int, error) {
	n := min(len(p), l.left)
	l.left -= n
	if n < len(p) {
		return n, l.err
	}
	return n, nil
}

// TestPartBodyWriteTo: a writer that fails, or that takes less than it was given, ends
// the copy with an error. After End nothing is written.
func TestPartBodyWriteTo(t *testing.T) {
	boom := errors.New("boom")
	part := NewPart(1, 0, []byte("0123456789"), 0, true)
	b := part.Body()
	for want, w := range map[error]*limited{
		boom:             {4, boom},
		io.ErrShortWrite: {left: 4},
		nil:              {left: 10},
	} {
		if _, err := b.Seek(0, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		n, err := b.WriteTo(w)
		if err != want || want == nil && n != 10 || want != nil && n != 4 {
			t.Errorf("%d bytes, %v, want %v", n, err, want)
		}
	}
	b.End()
	for _, w := range []io.Writer{&limited{left: 10}, crc32.NewIEEE()} {
		if n, err := b.WriteTo(w); n != 0 || err == nil {
			t.Errorf("after End: %d bytes, %v, want an error", n, err)
		}
	}
}
