package mem

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

const large = 3<<20 + 7 // several pieces of WriteTo

// stored returns a bucket with the file "a" of large bytes, a Reader of it, and its
// content.
func stored(t *testing.T, ctx context.Context,
	opts *files.GetOptions) (*backend, *files.Reader, []byte) {
	t.Helper()
	b := New(nil)
	data := make([]byte, large)
	for i := range data {
		data[i] = byte(i / 251)
	}
	if _, err := b.Put(t.Context(), "a", bytes.NewReader(data), nil); err != nil {
		t.Fatal(err)
	}
	r, err := b.Get(ctx, "a", opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	info, ok := b.(driver.BucketLocator)
	if !ok {
		t.Fatal("the bucket has no Locate")
	}
	s, _ := info.Locate("a")
	return s.(*backend), r, data
}

func TestWriteToIsRead(t *testing.T) {
	for _, c := range []struct {
		rng   files.Range
		first int // how many bytes are read before
	}{
		{files.Range{}, 0},
		{files.Range{}, 1000},
		{files.Range{}, large},
		{files.Bytes(5, 1<<20), 0},
		{files.Last(1<<20 + 1), 1 << 20},
		{files.Bytes(5, 0), 0},
	} {
		_, r, data := stored(t, t.Context(), &files.GetOptions{Range: c.rng})
		off, n := c.rng.Resolve(large)
		want := data[off : off+n]
		got := make([]byte, c.first, n)
		if _, err := io.ReadFull(r, got); err != nil {
			t.Fatal(err)
		}
		buf := bytes.NewBuffer(got)
		for range 2 { // the second call has nothing left
			if _, err := r.WriteTo(buf); err != nil {
				t.Error(err)
			}
		}
		if !bytes.Equal(buf.Bytes(), want) {
			t.Errorf("%v after %d: %d bytes, want %d", c.rng, c.first, buf.Len(), len(want))
		}
	}
}

// writerFunc calls itself for each piece.
type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestWriteToStops(t *testing.T) {
	failure := errors.New("failure")
	ctx, cancel := context.WithCancel(t.Context())
	var r *files.Reader
	for what, c := range map[string]struct {
		write func(p []byte) (int, error)
		want  error
	}{
		"writer fails": {func(p []byte) (int, error) { return 5, failure }, failure},
		"short write":  {func(p []byte) (int, error) { return len(p) - 1, nil }, io.ErrShortWrite},
		"closed":       {func(p []byte) (int, error) { return len(p), r.Close() }, files.ErrClosed},
		"cancelled": {func(p []byte) (int, error) {
			cancel()
			return len(p), nil
		}, context.Canceled},
	} {
		runCtx := t.Context()
		if what == "cancelled" {
			runCtx = ctx
		}
		_, r, _ = stored(t, runCtx, nil)
		var calls int
		var wrote int64
		n, err := r.WriteTo(writerFunc(func(p []byte) (int, error) {
			calls++
			m, err := c.write(p)
			wrote += int64(m)
			return m, err
		}))
		if !errors.Is(err, c.want) || calls != 1 || n != wrote {
			t.Errorf("%s: %d of %d bytes, %d writes, %v, want %v", what, n, wrote, calls, err,
				c.want)
		}
	}
}

// TestDamage: neither WriteTo nor Read returns the last piece of damaged content (G6).
func TestDamage(t *testing.T) {
	for _, writeTo := range []bool{true, false} {
		s, r, _ := stored(t, t.Context(), nil)
		f, _ := s.get("a")
		f.data[7] ^= 1
		var buf bytes.Buffer
		var err error
		if writeTo {
			_, err = r.WriteTo(&buf)
		} else {
			_, err = io.CopyBuffer(&buf, struct{ io.Reader }{r}, make([]byte, 1<<20))
		}
		if !errors.Is(err, files.ErrCorrupt) || buf.Len() >= large {
			t.Errorf("WriteTo %v: %d bytes, %v", writeTo, buf.Len(), err)
		}
		if _, err := r.Read(make([]byte, 1)); !errors.Is(err, files.ErrCorrupt) {
			t.Errorf("again: %v, want ErrCorrupt", err)
		}
	}
}

// TestWriteToDoesNotCopy: WriteTo writes the stored content itself, without a buffer.
func TestWriteToDoesNotCopy(t *testing.T) {
	s, r, _ := stored(t, t.Context(), nil)
	f, _ := s.get("a")
	off := 0
	if _, err := r.WriteTo(writerFunc(func(p []byte) (int, error) {
		if &p[0] != &f.data[off] {
			t.Errorf("%d bytes at %d are a copy", len(p), off)
		}
		off += len(p)
		return len(p), nil
	})); err != nil || off != large {
		t.Errorf("%d bytes, %v", off, err)
	}
}
