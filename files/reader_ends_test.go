package files_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// together is a body that returns its text and err in one Read, and then more.
type together struct {
	text string
	err  error
	more io.Reader
}

func (b *together) Read(p []byte) (int, error) {
	if b.text == "" {
		return b.more.Read(p)
	}
	n := copy(p, b.text)
	b.text = b.text[n:]
	return n, b.err
}

func (*together) Close() error { return nil }

// TestErrorWithBytes: an error that comes together with bytes is returned with them, and
// by each further Read, whatever the body would return then.
func TestErrorWithBytes(t *testing.T) {
	broken := errors.New("broken")
	for what, c := range map[string]struct {
		text string
		err  error
		more string
		n    int
		want error
	}{
		"broken":       {alphabet[:10], broken, alphabet[10:], 10, broken},
		"a byte early": {alphabet[:25], io.EOF, alphabet[25:], 25, files.ErrCorrupt},
	} {
		r, _ := reader(ctx, nil, alphabet, func(rc *driver.ReaderConfig) {
			rc.Body = &together{c.text, c.err, strings.NewReader(c.more)}
		})
		p := make([]byte, 100)
		n, err := r.Read(p)
		if n != c.n || !errors.Is(err, c.want) {
			t.Errorf("%s: Read = %d, %v, want %d and %v", what, n, err, c.n, c.want)
		}
		for range 2 {
			if n, err := r.Read(p); n != 0 || !errors.Is(err, c.want) {
				t.Errorf("%s: the next Read = %d, %v, want 0 and %v", what, n, err, c.want)
			}
		}
		r.Close()
	}
}

// TestReadTimeoutSetLater: a timeout that is set while a body is read bounds the Reads
// that follow. A negative one is none.
func TestReadTimeoutSetLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, first := range []time.Duration{0, time.Minute} {
			below, w := io.Pipe()
			r, _ := reader(ctx, nil, alphabet, func(c *driver.ReaderConfig) {
				c.Body, c.Timeout = below, first
			})
			go io.WriteString(w, alphabet[:4])
			if p, err := r.ReadN(4); string(p) != alphabet[:4] || err != nil {
				t.Errorf("ReadN = %q, %v", p, err)
			}
			r.SetReadTimeout(-time.Second)
			go func() {
				time.Sleep(time.Hour)
				io.WriteString(w, alphabet[4:8])
			}()
			if p, err := r.ReadN(4); string(p) != alphabet[4:8] || err != nil {
				t.Errorf("without a timeout: ReadN = %q, %v", p, err)
			}
			r.SetReadTimeout(2 * time.Second)
			start := time.Now()
			_, err := r.ReadN(4)
			if is(t, err, os.ErrDeadlineExceeded); time.Since(start) != 2*time.Second {
				t.Errorf("first %v: ReadN waited %v, want 2s", first, time.Since(start))
			}
			r.Close()
		}
	})
}

// TestShortestTimeout: a timeout of a nanosecond is one as well.
func TestShortestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		below, _ := io.Pipe()
		r, _ := reader(ctx, nil, alphabet, func(c *driver.ReaderConfig) {
			c.Body, c.Timeout = below, 1
		})
		late := time.AfterFunc(time.Hour, func() { below.Close() }) // if nothing else ends it
		defer late.Stop()
		_, err := r.Read(make([]byte, 1))
		is(t, err, os.ErrDeadlineExceeded)
		r.Close()
	})
}

// TestLastMoment: bytes that come with an error after the timeout has closed the body are
// returned without it, and the next Read returns the timeout.
func TestLastMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := reader(ctx, nil, alphabet, func(c *driver.ReaderConfig) {
			c.Body = io.NopCloser(readerFunc(func(p []byte) (int, error) {
				time.Sleep(time.Minute)
				return copy(p, "abc"), io.ErrClosedPipe
			}))
			c.Timeout = time.Second
		})
		defer r.Close()
		p := make([]byte, 10)
		if n, err := r.Read(p); string(p[:n]) != "abc" || err != nil {
			t.Errorf("Read = %q, %v, want abc and no error", p[:n], err)
		}
		n, err := r.Read(p)
		if is(t, err, os.ErrDeadlineExceeded); n != 0 {
			t.Errorf("the next Read has %d bytes", n)
		}
	})
}

// TestEndedBeforeRead: a Reader whose context has ended reads nothing, though its body
// has more.
func TestEndedBeforeRead(t *testing.T) {
	ended, cancel := context.WithCancel(ctx)
	r, _ := reader(ended, strings.NewReader(alphabet), alphabet, nil)
	p := make([]byte, 4)
	if n, err := r.Read(p); n != 4 || err != nil {
		t.Errorf("Read = %d, %v, want 4 bytes", n, err)
	}
	cancel()
	n, err := r.Read(p)
	if is(t, err, context.Canceled); n != 0 {
		t.Errorf("after the context has ended, Read has %d bytes", n)
	}
	r.Close()
}

// TestCloseInARead: a Close during a Read releases what the body holds once, when the
// Read has ended.
func TestCloseInARead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reading, released := false, 0
		gone := make(chan struct{})
		r, _ := reader(ctx, nil, alphabet, func(c *driver.ReaderConfig) {
			c.Body = io.NopCloser(readerFunc(func([]byte) (int, error) {
				reading = true
				<-gone
				reading = false
				return 0, io.ErrClosedPipe
			}))
			c.OnClose = func() {
				if released++; reading {
					t.Error("it is released during a Read")
				}
			}
		})
		done := make(chan error)
		go func() {
			_, err := r.Read(make([]byte, 1))
			done <- err
		}()
		synctest.Wait()
		r.Close()
		close(gone)
		is(t, <-done, files.ErrClosed)
		if r.Close(); released != 1 {
			t.Errorf("it is released %d times, want once", released)
		}
	})
}

// TestClosedLeavesTheContext: nothing waits for the context of a Reader that is closed.
func TestClosedLeavesTheContext(t *testing.T) {
	f := &followed{Context: ctx}
	r, _ := reader(f, strings.NewReader(alphabet), alphabet, nil)
	if n := f.waiting.Load(); n != 1 {
		t.Errorf("%d functions wait for the context, want 1", n)
	}
	r.Close()
	if n := f.waiting.Load(); n != 0 {
		t.Errorf("after Close, %d functions wait for the context", n)
	}
}

// TestNoBytesOfNoReader: every way to read a nil Reader, and one with an impossible range,
// returns no bytes, and an error.
func TestNoBytesOfNoReader(t *testing.T) {
	for what, c := range map[string]struct {
		off, n int64
		kind   error
	}{
		"nil":             {0, 0, files.ErrInvalid},
		"negative offset": {-1, 3, files.ErrUnavailable},
		"negative length": {3, -1, files.ErrUnavailable},
	} {
		r, _ := reader(ctx, strings.NewReader(alphabet), alphabet, func(rc *driver.ReaderConfig) {
			rc.Offset, rc.Length = c.off, c.n
		})
		if what == "nil" {
			r = nil
		}
		if r.Offset() != max(c.off, 0) || r.Len() != 0 {
			t.Errorf("%s: %d bytes from %d on", what, r.Len(), r.Offset())
		}
		var buf bytes.Buffer
		n, err := r.WriteTo(&buf)
		if is(t, err, c.kind); n != 0 || buf.Len() != 0 {
			t.Errorf("%s: WriteTo has %d bytes", what, n)
		}
		m, err := r.Read(make([]byte, 10))
		if is(t, err, c.kind); m != 0 {
			t.Errorf("%s: Read has %d bytes", what, m)
		}
		p, err := r.ReadN(10)
		if is(t, err, c.kind); len(p) != 0 {
			t.Errorf("%s: ReadN = %q", what, p)
		}
		p, err = r.ReadAll()
		if is(t, err, c.kind); len(p) != 0 {
			t.Errorf("%s: ReadAll = %q", what, p)
		}
		r.Close()
	}
	r, _ := reader(ctx, strings.NewReader(alphabet), alphabet, nil)
	r.ReadAll()
	if p, err := r.ReadN(0); len(p) != 0 || err != nil {
		t.Errorf("ReadN(0) at the end = %q, %v, want nothing", p, err)
	}
}

// TestCopyToFileEnds: a copy to a file that ends too early is ErrCorrupt, and one that
// panics releases what the body holds.
func TestCopyToFileEnds(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, early := range []error{nil, io.EOF} {
		calls := 0
		r := bodyOf(ctx, &copying{copy: func(int64) (int64, error) {
			if calls++; calls == 1 {
				return 3, early
			}
			return 0, early
		}}, 0)
		n, err := r.WriteTo(f)
		if is(t, err, files.ErrCorrupt); n != 3 {
			t.Errorf("early end with %v: WriteTo = %d, %v, want 3 bytes", early, n, err)
		}
		r.Close()
	}
	r := bodyOf(ctx, &copying{copy: func(n int64) (int64, error) { return n, io.EOF }}, 0)
	if n, err := r.WriteTo(f); n != 10 || err != nil {
		t.Errorf("io.EOF with the last bytes: WriteTo = %d, %v, want 10 bytes", n, err)
	}
	r.Close()
	released := false
	r = driver.NewReader(ctx, driver.ReaderConfig{
		Length:  10,
		OnClose: func() { released = true },
		Body:    &copying{copy: func(int64) (int64, error) { panic("copying") }},
	})
	func() {
		defer func() { recover() }()
		r.WriteTo(f)
	}()
	if r.Close(); !released {
		t.Error("after a panic, Close released nothing")
	}
}
