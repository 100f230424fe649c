package cases

import (
	"bufio"
	"bytes"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing/iotest"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var putSourceCases = []suite.Case{
	{
		Rule: "P12",
		Name: "readers",
		Why:  "content from files, pipes, networks and buffers must be stored alike",
		Run:  putReaders,
	},
	{
		Rule: "P12",
		Name: "position",
		Why:  "content must be stored from the reader's position on",
		Run:  putPosition,
	},
	{
		Rule: "P12",
		Name: "file",
		Why:  "an opened file must be stored like other content",
		Run:  putFile,
	},
	{
		Rule: "P12",
		Name: "not-closed",
		Why:  "a Put must not close the caller's reader",
		Run:  putNotClosed,
	},
	{
		Rule: "P12",
		Name: "buffer-reused",
		Why:  "a caller's buffer that is changed after the Put must not change the file",
		Run:  putBufferReused,
	},
	{
		Rule: "P12",
		Name: "nil-content",
		Why:  "a nil reader must be an error: it must neither panic nor store an empty file",
		Run:  putNil,
	},
	{
		Rule: "P12",
		Name: "impossible-count",
		Why:  "a Read that returns an impossible count must be an error, not a panic",
		Run:  putImpossible,
	},
	{
		Rule: "P12",
		Name: "from-bucket",
		Why:  "the body of a Get must be accepted as content",
		Run:  putFromBucket,
	},
}

// sources yields readers of the content that behave in all the ways that io.Reader
// allows.
func sources(c []byte) iter.Seq2[string, io.Reader] {
	return func(yield func(string, io.Reader) bool) {
		pipe := func() io.Reader {
			r, w := io.Pipe()
			go func() {
				for i := 0; i < len(c); i += 1000 {
					w.Write(c[i:min(i+1000, len(c))])
				}
				w.Close()
			}()
			return r
		}
		_ = yield("a bytes.Reader", bytes.NewReader(c)) &&
			yield("a bytes.Buffer", bytes.NewBuffer(bytes.Clone(c))) &&
			yield("a strings.Reader", strings.NewReader(string(c))) &&
			yield("a plain reader", check.Stream(c)) &&
			yield("one-byte reads", iotest.OneByteReader(bytes.NewReader(c))) &&
			yield("half reads", iotest.HalfReader(bytes.NewReader(c))) &&
			yield("data with io.EOF", iotest.DataErrReader(bytes.NewReader(c))) &&
			yield("a buffered reader", bufio.NewReader(check.Stream(c))) &&
			yield("reads of nothing between", lazy(c)) &&
			yield("a limited reader",
				io.LimitReader(bytes.NewReader(append(c[:len(c):len(c)], "too much"...)),
					int64(len(c)))) &&
			yield("a section reader",
				io.NewSectionReader(bytes.NewReader(append([]byte("skip"), c...)), 4,
					int64(len(c)))) &&
			yield("several readers",
				io.MultiReader(bytes.NewReader(c[:len(c)/3]), check.Stream(c[len(c)/3:]))) &&
			yield("a pipe", pipe())
	}
}

// lazy returns a reader that returns 0 bytes and no error before each piece.
func lazy(c []byte) io.Reader {
	n := 0
	return check.ReaderFunc(func(p []byte) (int, error) {
		if n++; n%2 == 1 {
			return 0, nil
		}
		if len(c) == 0 {
			return 0, io.EOF
		}
		m := copy(p[:min(len(p), 700)], c)
		c = c[m:]
		return m, nil
	})
}

func putReaders(t suite.T, h *suite.H) {
	for _, n := range []int{0, 1, 512, 5000} {
		c := check.Content(n, n)
		for _, opts := range []*files.PutOptions{nil, {Size: new(int64(n))}} {
			for what, r := range sources(c) {
				if _, err := h.Put(t.Context(), "a", r, opts); err != nil {
					t.Errorf("Put of %d bytes from %s: %v, want no error", n, what, err)
				}
				check.WantContent(t, h, "a", c)
			}
		}
	}
}

func putPosition(t suite.T, h *suite.H) {
	c := check.Content(1, 10_000)
	r := bytes.NewReader(c)
	if _, err := r.Seek(1234, io.SeekStart); err != nil {
		t.Fatalf("Seek: %v, want no error", err)
	}
	info, err := h.Put(t.Context(), "a", r, nil)
	if err != nil {
		t.Fatalf("Put: %v, want no error", err)
	}
	check.Same(t, "size", info.Size, int64(len(c)-1234))
	check.WantContent(t, h, "a", c[1234:])
	if _, err := h.Put(t.Context(), "a", r, nil); err != nil { // its position is at the end
		t.Fatalf("Put: %v", err)
	}
	check.WantContent(t, h, "a", nil)
}

func putFile(t suite.T, h *suite.H) {
	c := check.Content(1, 300_000)
	path := filepath.Join(t.TempDir(), "source")
	if err := os.WriteFile(path, c, 0o600); err != nil {
		t.Fatalf("writing the source: %v", err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatalf("opening the source: %v", err)
	}
	defer f.Close()
	for _, at := range []int{0, 100_001, len(c)} {
		if _, err := f.Seek(int64(at), io.SeekStart); err != nil {
			t.Fatalf("Seek of the source to %d: %v", at, err)
		}
		if _, err := h.Put(t.Context(), "a", f, nil); err != nil {
			t.Fatalf("Put of a file from offset %d: %v, want no error", at, err)
		}
		check.WantContent(t, h, "a", c[at:])
	}
	if _, err := f.Stat(); err != nil {
		t.Errorf("the file was closed by Put: %v, want no error", err)
	}
}

type closeCounter struct {
	io.Reader
	closes int
}

func (c *closeCounter) Close() error { c.closes++; return nil }

func putNotClosed(t suite.T, h *suite.H) {
	good := &closeCounter{Reader: check.Stream(check.Content(1, 5000))}
	if _, err := h.Put(t.Context(), "a", good, nil); err != nil {
		t.Fatalf("Put: %v, want no error", err)
	}
	bad := &closeCounter{Reader: check.Failing(check.Content(1, 5000), false, check.ErrReader)}
	_, err := h.Put(t.Context(), "a", bad, nil)
	check.WantErr(t, "Put", err, check.ErrReader)
	if good.closes+bad.closes > 0 {
		t.Errorf("Put closed the content %d times, want 0", good.closes+bad.closes)
	}
}

func putBufferReused(t suite.T, h *suite.H) {
	for _, n := range []int{100, 100_000} {
		c := check.Content(1, n)
		buf := bytes.Clone(c)
		check.Put(t, h, "a", buf, nil)
		for i := range buf {
			buf[i] = 'x'
		}
		check.WantContent(t, h, "a", c)
		// A Reader's content is in memory of its own as well.
		p, _ := check.Get(t, h, "a", nil)
		for i := range p {
			p[i] = 'y'
		}
		check.WantContent(t, h, "a", c)
	}
}

func putNil(t suite.T, h *suite.H) {
	check.Put(t, h, "old", check.Content(1, 10), nil)
	for _, name := range []string{"old", "new"} {
		_, err := h.Put(t.Context(), name, nil, nil)
		check.WantErr(t, "Put of nil", err, files.ErrInvalid)
		_, err = h.Put(t.Context(), name, (*os.File)(nil), nil)
		check.WantErr(t, "Put of a nil *os.File", err, files.ErrInvalid)
	}
	check.WantOnly(t, h, "old")
	check.WantContent(t, h, "old", check.Content(1, 10))
}

func putImpossible(t suite.T, h *suite.H) {
	for _, n := range []int{-1, 1 << 30} {
		_, err := h.Put(t.Context(), "a", check.ReaderFunc(func(p []byte) (int, error) {
			return n, nil
		}), nil)
		if err == nil {
			t.Errorf("Put of a reader whose Read returns the count %d: got no error, want one", n)
		}
		check.WantMissing(t, h, "a")
	}
}

func putFromBucket(t suite.T, h *suite.H) {
	c := check.Content(1, 300_000)
	check.Put(t, h, "a", c, nil)
	r, err := h.Get(t.Context(), "a", nil)
	if err != nil {
		t.Fatalf("Get: %v, want no error", err)
	}
	defer r.Close()
	if _, err := h.Put(t.Context(), "b", r, nil); err != nil {
		t.Fatalf("Put from a Reader: %v, want no error", err)
	}
	check.WantContent(t, h, "b", c)
	r, err = h.Get(t.Context(), "a", &files.GetOptions{Range: files.Bytes(1000, 2000)})
	if err != nil {
		t.Fatalf("Get: %v, want no error", err)
	}
	defer r.Close()
	if _, err := h.Put(t.Context(), "b", r, nil); err != nil {
		t.Fatalf("Put from a Reader of a range: %v, want no error", err)
	}
	check.WantContent(t, h, "b", c[1000:3000])
}
