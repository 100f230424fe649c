package cases

import (
	"errors"
	"io"
	"os"
	"sync"
	"testing/iotest"
	"time"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var getStreamEndCases = []suite.Case{
	{
		Rule: "G7",
		Name: "close",
		Why:  "a second Close must do nothing, and a Read after Close must be an error",
		Run:  readerClose,
	},
	{
		Rule:    "G7",
		Name:    "close-early",
		Why:     "Close before the end must read no more, and release the connection",
		Largest: 3 << 20,
		Run:     readerCloseEarly,
	},
	{
		Rule: "G7",
		Name: "close-during-read",
		Why:  "Close must end a Read that is waiting",
		Run:  readerCloseDuring,
	},
	{
		Rule: "G7",
		Name: "read-timeout",
		Why:  "a Read that gets no bytes for ReadTimeout must end in an error",
		Run:  readerTimeout,
	},
	{
		Rule: "G7",
		Name: "timeout-is-per-read",
		Why:  "a slow but steady stream must not run into ReadTimeout",
		Run:  readerNoTimeout,
	},
}

func readerClose(t suite.T, h *suite.H) {
	check.Put(t, h, "a", check.Content(1, 5000), nil)
	check.Put(t, h, "empty", nil, nil)
	for _, name := range []string{"a", "empty"} {
		r := open(t, h, name, nil)
		for range 3 {
			if err := r.Close(); err != nil {
				t.Errorf("Close: %v, want no error from each call", err)
			}
		}
		_, err := r.Read(make([]byte, 10))
		check.WantErr(t, "Read after Close", err, files.ErrClosed)
		_, err = r.Next()
		check.WantErr(t, "Next after Close", err, files.ErrClosed)
		_, err = r.WriteTo(io.Discard)
		check.WantErr(t, "WriteTo after Close", err, files.ErrClosed)
		check.Same(t, "size after Close", r.Info().Size, check.Stat(t, h, name).Size)
	}
	r := open(t, h, "a", nil)
	if _, err := r.ReadAll(); err != nil {
		t.Errorf("ReadAll: %v, want no error", err)
	}
	if err := r.Close(); err != nil {
		t.Errorf("Close after the end: %v, want no error", err)
	}
	_, err := r.Read(make([]byte, 10))
	check.WantErr(t, "Read after Close after the end", err, files.ErrClosed)
}

func readerCloseEarly(t suite.T, h *suite.H) {
	check.Put(t, h, "a", check.Content(1, 3<<20), nil)
	for i := range 20 {
		r := open(t, h, "a", nil)
		if _, err := r.ReadN(i * 1000); err != nil {
			t.Fatalf("ReadN: %v, want no error", err)
		}
		if err := r.Close(); err != nil {
			t.Errorf("Close in the middle: %v, want no error", err)
		}
	}
	check.Put(t, h, "a", check.Content(2, 10), nil)
	check.WantContent(t, h, "a", check.Content(2, 10))
}

// stalled is a body whose Read blocks until Close.
type stalled struct {
	reading chan struct{} // closed by the first Read
	closed  chan struct{}
	once    [2]sync.Once
}

func newStalled() *stalled {
	return &stalled{reading: make(chan struct{}), closed: make(chan struct{})}
}

func (s *stalled) Read([]byte) (int, error) {
	s.once[0].Do(func() { close(s.reading) })
	<-s.closed
	return 0, io.ErrClosedPipe
}

func (s *stalled) Close() error {
	s.once[1].Do(func() { close(s.closed) })
	return nil
}

// stall returns the bucket with bodies that stall after n bytes.
func stall(h *suite.H, n int64) (files.Bucket, *stalled) {
	s := newStalled()
	type body struct {
		io.Reader
		io.Closer
	}
	return bodies(h, func(r io.Reader) io.Reader {
		return body{io.MultiReader(io.LimitReader(r, n), s), s}
	}), s
}

func readerCloseDuring(t suite.T, h *suite.H) {
	check.Put(t, h, "a", check.Content(1, 5000), nil)
	b, s := stall(h, 100)
	r := open(t, b, "a", nil)
	var rerr error
	done := check.Background(t, func() { _, rerr = io.Copy(io.Discard, r) })
	select {
	case <-s.reading:
	case <-done:
	}
	if err := r.Close(); err != nil {
		t.Errorf("Close during a Read: %v, want no error", err)
	}
	<-done
	check.WantErr(t, "a Read during which the body was closed", rerr, files.ErrClosed)
	// Then without a stall, at any moment.
	for range 20 {
		r := open(t, h, "a", nil)
		done := check.Background(t, func() { r.Close() })
		if _, err := io.Copy(io.Discard, r); err != nil && !errors.Is(err, files.ErrClosed) {
			t.Errorf("a Read during which the body was closed: %v, want no error or ErrClosed", err)
		}
		<-done
	}
}

func readerTimeout(t suite.T, h *suite.H) {
	c := check.Content(1, 5000)
	check.Put(t, h, "a", c, nil)
	for _, set := range []bool{false, true} {
		b, _ := stall(h, 100)
		opts := &files.GetOptions{ReadTimeout: time.Millisecond}
		if set {
			opts = nil
		}
		r := open(t, b, "a", opts)
		if set {
			r.SetReadTimeout(time.Millisecond)
		}
		p, err := io.ReadAll(r)
		check.WantErr(t, "reading a stalled body with a read timeout", err, os.ErrDeadlineExceeded)
		if d := check.Diff(p, c[:min(len(p), 100)]); d != "" {
			t.Errorf("the bytes before the timeout: content %s", d)
		}
		_, err = r.Read(make([]byte, 1))
		check.WantErr(t, "Read after a timeout", err, os.ErrDeadlineExceeded)
	}
	_, err := h.Get(t.Context(), "a", &files.GetOptions{ReadTimeout: -1})
	check.WantErr(t, "Get with a negative read timeout", err, files.ErrInvalid)
}

func readerNoTimeout(t suite.T, h *suite.H) {
	c := check.Content(1, 5000)
	check.Put(t, h, "a", c, nil)
	r := open(t, h, "a", &files.GetOptions{ReadTimeout: time.Minute})
	p, err := io.ReadAll(iotest.OneByteReader(r))
	if d := check.Diff(p, c); err != nil || d != "" {
		t.Errorf("reading byte by byte with a read timeout: %v; content %s", err, d)
	}
}
