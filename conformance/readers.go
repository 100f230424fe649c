package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"testing/iotest"
	"time"

	"cloudfiles.dev/files"
)

var readerCases = []Case{
	{Rule: "G7", Name: "io-reader", Why: "everything in Go that reads expects io.Reader's contract", Run: readerContract},
	{Rule: "G7", Name: "small-buffers", Why: "a program reads as it likes: one byte, a prime, more than there is", Run: readerBuffers},
	{Rule: "G7", Name: "chunks", Why: "the seed's way to read: 1 KiB at a time", Run: readerChunks},
	{Rule: "G7", Name: "all-at-once", Why: "ReadAll, ReadN and WriteTo must give what Read gives", Run: readerAll},
	{Rule: "G7", Name: "mixed", Why: "a header by ReadN, then the rest", Run: readerMixed},
	{Rule: "G7", Name: "close", Why: "a body is closed twice by defer and by hand, and must not be read afterwards", Run: readerClose},
	{Rule: "G7", Name: "close-early", Why: "who stops reading must not pay for the rest, nor leave it open", Run: readerCloseEarly},
	{Rule: "G7", Name: "close-during-read", Why: "Close is how a stuck download is stopped", Run: readerCloseDuring},
	{Rule: "G7", Name: "read-timeout", Why: "a connection that stalls would hang the program for ever", Run: readerTimeout},
	{Rule: "G7", Name: "timeout-is-per-read", Why: "a slow but steady stream is none that stalls", Run: readerNoTimeout},
	{Rule: "G7", Name: "to-file", Why: "a download to a file may go another way than through memory, with the same result", Run: readerToFile},
	{Rule: "G9", Name: "cancelled", Why: "when the request is over, so is the download", Run: readerCancelled},
	{Rule: "G9", Name: "cancelled-blocked", Why: "also while it waits for bytes", Run: readerCancelledBlocked},
	{Rule: "G9", Name: "deadline", Why: "a deadline governs the body too", Run: readerDeadline},
	{Rule: "G9", Name: "cancelled-after-close", Why: "a context that ends later must not touch what is closed", Run: readerCancelledLater},
}

// open gets the file, which is closed with the case.
func open(t T, b files.Bucket, name string, opts *files.GetOptions) *files.Reader {
	t.Helper()
	r, err := b.Get(t.Context(), name, opts)
	if err != nil {
		t.Fatalf("Get(%s): %v", quote(name), err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func readerContract(t T, h *H) {
	for _, n := range []int{0, 1, 1023, 1024, 5000, 100_000} {
		c := content(n, n)
		put(t, h, "a", c, nil)
		if err := iotest.TestReader(open(t, h, "a", nil), c); err != nil {
			t.Errorf("testing/iotest on %d bytes: %.120v", n, err)
		}
		if err := iotest.TestReader(open(t, h, "a", &files.GetOptions{Range: files.Bytes(int64(n/3), int64(n/3))}), c[n/3:n/3*2]); err != nil {
			t.Errorf("testing/iotest on a range of %d bytes: %.120v", n, err)
		}
	}
}

func readerBuffers(t T, h *H) {
	c := content(1, 10_000)
	put(t, h, "a", c, nil)
	for _, size := range []int{1, 2, 7, 1024, 4096, 9999, 10_000, 10_001, 1 << 20} {
		r := open(t, h, "a", nil)
		var got []byte
		buf := make([]byte, size)
		for zero := 0; ; {
			n, err := r.Read(buf)
			got = append(got, buf[:n]...)
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("Read: %v", err)
			}
			if n > 0 {
				zero = 0
			} else if zero++; zero > 100 {
				t.Fatalf("100 Reads in a row gave nothing, and no error")
			}
		}
		if d := diff(got, c); d != "" {
			t.Errorf("read by %d bytes, the content %s", size, d)
		}
		if n, err := r.Read(buf); n != 0 || err != io.EOF {
			t.Errorf("Read behind the end: %d bytes and %v, want io.EOF again", n, err)
		}
		if n, err := open(t, h, "a", nil).Read(nil); n != 0 || err != nil {
			t.Errorf("Read into nothing: %d bytes and %v, want 0 and no error", n, err)
		}
	}
}

func readerChunks(t T, h *H) {
	for _, n := range []int{0, 1, 1023, 1024, 1025, 2048, 5000} {
		c := content(n, n)
		put(t, h, "a", c, nil)
		var got []byte
		r := open(t, h, "a", nil)
		for {
			chunk, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("Next: %v", err)
			}
			if want := min(files.ChunkSize, n-len(got)); len(chunk) != want {
				t.Fatalf("Next gives %d bytes at offset %d of %d, want %d", len(chunk), len(got), n, want)
			}
			got = append(got, chunk...)
		}
		if d := diff(got, c); d != "" {
			t.Errorf("read by Next, the content %s", d)
		}
		for _, size := range []int{0, 1, 3, 1000, n, n + 1, 1 << 20} {
			if n > 2048 && size == 1 {
				continue
			}
			want := size
			if size == 0 {
				want = files.ChunkSize
			}
			got = nil
			for chunk, err := range open(t, h, "a", nil).Chunks(size) {
				if err != nil {
					t.Fatalf("Chunks: %v", err)
				}
				if want := min(want, n-len(got)); len(chunk) != want {
					t.Fatalf("Chunks(%d) gives %d bytes at offset %d of %d, want %d", size, len(chunk), len(got), n, want)
				}
				got = append(got, chunk...)
			}
			if d := diff(got, c); d != "" {
				t.Errorf("read by Chunks(%d), the content %s", size, d)
			}
		}
	}
}

func readerAll(t T, h *H) {
	for _, n := range []int{0, 1, 5000, 2<<20 + 1} {
		c := content(n, n)
		put(t, h, "a", c, nil)
		p, err := open(t, h, "a", nil).ReadAll()
		if d := diff(p, c); err != nil || d != "" {
			t.Errorf("ReadAll of %d bytes: %v; %s", n, err, d)
		}
		s, err := open(t, h, "a", nil).ReadString()
		if d := diff([]byte(s), c); err != nil || d != "" {
			t.Errorf("ReadString of %d bytes: %v; %s", n, err, d)
		}
		var buf bytes.Buffer
		m, err := open(t, h, "a", nil).WriteTo(&buf)
		if d := diff(buf.Bytes(), c); err != nil || d != "" || m != int64(n) {
			t.Errorf("WriteTo of %d bytes: %d, %v; %s", n, m, err, d)
		}
		for _, k := range []int{1, n / 2, n, n + 1} {
			p, err := open(t, h, "a", nil).ReadN(k)
			want := c[:min(k, n)]
			if n == 0 && k > 0 {
				if err != io.EOF {
					t.Errorf("ReadN(%d) of an empty file: %v, want io.EOF", k, err)
				}
				continue
			}
			if d := diff(p, want); err != nil || d != "" {
				t.Errorf("ReadN(%d) of %d bytes: %v; %s", k, n, err, d)
			}
		}
	}
}

func readerMixed(t T, h *H) {
	c := content(1, 10_000)
	put(t, h, "a", c, nil)
	r := open(t, h, "a", nil)
	var got []byte
	take := func(p []byte, err error) {
		if err != nil {
			t.Fatalf("reading at offset %d: %v", len(got), err)
		}
		got = append(got, p...)
	}
	take(r.ReadN(100))
	take(r.Next())
	p := make([]byte, 10)
	n, err := r.Read(p)
	take(p[:n], err)
	take(r.ReadN(0))
	for chunk, err := range r.Chunks(77) {
		take(chunk, err)
		break
	}
	take(r.ReadAll())
	if d := diff(got, c); d != "" {
		t.Errorf("read in several ways, the content %s", d)
	}
}

func readerClose(t T, h *H) {
	put(t, h, "a", content(1, 5000), nil)
	put(t, h, "empty", nil, nil)
	for _, name := range []string{"a", "empty"} {
		r := open(t, h, name, nil)
		for range 3 {
			if err := r.Close(); err != nil {
				t.Errorf("Close: %v, want no error however often", err)
			}
		}
		_, err := r.Read(make([]byte, 10))
		wantErr(t, "Read after Close", err, files.ErrClosed)
		_, err = r.Next()
		wantErr(t, "Next after Close", err, files.ErrClosed)
		_, err = r.WriteTo(io.Discard)
		wantErr(t, "WriteTo after Close", err, files.ErrClosed)
		same(t, "size after Close", r.Info().Size, stat(t, h, name).Size)
	}
	r := open(t, h, "a", nil)
	if _, err := r.ReadAll(); err != nil {
		t.Errorf("ReadAll: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Errorf("Close behind the end: %v", err)
	}
	_, err := r.Read(make([]byte, 10))
	wantErr(t, "Read after Close behind the end", err, files.ErrClosed)
}

func readerCloseEarly(t T, h *H) {
	put(t, h, "a", content(1, 3<<20), nil)
	for i := range 20 {
		r := open(t, h, "a", nil)
		if _, err := r.ReadN(i * 1000); err != nil {
			t.Fatalf("ReadN: %v", err)
		}
		if err := r.Close(); err != nil {
			t.Errorf("Close in the middle: %v", err)
		}
	}
	put(t, h, "a", content(2, 10), nil)
	wantContent(t, h, "a", content(2, 10))
}

// stalled is a body whose Read blocks until Close.
type stalled struct {
	reading chan struct{} // closed with the first Read
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
func stall(h *H, n int64) (files.Bucket, *stalled) {
	s := newStalled()
	type body struct {
		io.Reader
		io.Closer
	}
	return bodies(h, func(r io.Reader) io.Reader { return body{io.MultiReader(io.LimitReader(r, n), s), s} }), s
}

func readerCloseDuring(t T, h *H) {
	put(t, h, "a", content(1, 5000), nil)
	b, s := stall(h, 100)
	r := open(t, b, "a", nil)
	done := make(chan error)
	go func() {
		_, err := io.Copy(io.Discard, r)
		done <- err
	}()
	<-s.reading
	if err := r.Close(); err != nil {
		t.Errorf("Close during a Read: %v", err)
	}
	wantErr(t, "a Read during which the body was closed", <-done, files.ErrClosed)
	// Without a stall, at any moment.
	for range 20 {
		r := open(t, h, "a", nil)
		go r.Close()
		if _, err := io.Copy(io.Discard, r); err != nil && !errors.Is(err, files.ErrClosed) {
			t.Errorf("a Read during which the body was closed: %v, want no error or ErrClosed", err)
		}
	}
}

func readerTimeout(t T, h *H) {
	c := content(1, 5000)
	put(t, h, "a", c, nil)
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
		wantErr(t, "reading a stalled body with a read timeout", err, os.ErrDeadlineExceeded)
		if d := diff(p, c[:min(len(p), 100)]); d != "" {
			t.Errorf("what came before the timeout %s", d)
		}
		_, err = r.Read(make([]byte, 1))
		wantErr(t, "Read after a timeout", err, os.ErrDeadlineExceeded)
	}
	_, err := h.Get(t.Context(), "a", &files.GetOptions{ReadTimeout: -1})
	wantErr(t, "Get with a negative read timeout", err, files.ErrInvalid)
}

func readerNoTimeout(t T, h *H) {
	c := content(1, 5000)
	put(t, h, "a", c, nil)
	r := open(t, h, "a", &files.GetOptions{ReadTimeout: time.Minute})
	p, err := io.ReadAll(iotest.OneByteReader(r))
	if d := diff(p, c); err != nil || d != "" {
		t.Errorf("reading byte by byte with a read timeout: %v; %s", err, d)
	}
}

func readerToFile(t T, h *H) {
	for i, n := range []int{0, 1, 5000, 2<<20 + 3} {
		c := content(n, n)
		put(t, h, "a", c, nil)
		for j, o := range []*files.GetOptions{nil, {SkipVerify: true}, {Range: files.From(int64(n / 2))}} {
			f, err := os.Create(fmt.Sprintf("%s/%d-%d", t.TempDir(), i, j))
			if err != nil {
				t.Fatalf("%v", err)
			}
			m, err := io.Copy(f, open(t, h, "a", o))
			f.Close()
			want := c
			if j == 2 {
				want = c[n/2:]
			}
			got, rerr := os.ReadFile(f.Name())
			if d := diff(got, want); err != nil || rerr != nil || d != "" || m != int64(len(want)) {
				t.Errorf("copying %d bytes to a file: %d, %v; the file %s", len(want), m, err, d)
			}
		}
	}
}

func readerCancelled(t T, h *H) {
	for _, n := range []int{100, 3 << 20} {
		put(t, h, "a", content(1, n), nil)
		for _, first := range []int{0, 10} {
			ctx, cancel := context.WithCancel(t.Context())
			r, err := h.Get(ctx, "a", nil)
			if err != nil {
				t.Fatalf("Get: %v", err)
			}
			if _, err := r.ReadN(first); err != nil {
				t.Errorf("ReadN: %v", err)
			}
			cancel()
			got, err := r.Read(make([]byte, 10))
			wantErr(t, "Read after the context was cancelled", err, context.Canceled)
			if got != 0 {
				t.Errorf("Read after the context was cancelled gives %d bytes with the error", got)
			}
			_, err = r.WriteTo(io.Discard)
			wantErr(t, "WriteTo after the context was cancelled", err, context.Canceled)
			r.Close()
		}
	}
}

func readerCancelledBlocked(t T, h *H) {
	put(t, h, "a", content(1, 5000), nil)
	b, s := stall(h, 100)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := b.Get(ctx, "a", nil)
	if err != nil {
		t.Fatalf("Get: %v", err)
	}
	defer r.Close()
	go func() { <-s.reading; cancel() }()
	_, err = io.ReadAll(r)
	wantErr(t, "a Read that waits while the context is cancelled", err, context.Canceled)
}

func readerDeadline(t T, h *H) {
	put(t, h, "a", content(1, 5000), nil)
	b, _ := stall(h, 100)
	// The deadline may pass before Get answers: then Get tells it.
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, _, err := read(ctx, b, "a", nil)
	wantErr(t, "reading a stalled body past the deadline", err, context.DeadlineExceeded)
}

func readerCancelledLater(t T, h *H) {
	c := content(1, 5000)
	put(t, h, "a", c, nil)
	ctx, cancel := context.WithCancel(t.Context())
	r, err := h.Get(ctx, "a", nil)
	if err != nil {
		t.Fatalf("Get: %v", err)
	}
	if p, err := r.ReadAll(); err != nil || diff(p, c) != "" {
		t.Errorf("ReadAll: %v", err)
	}
	r.Close()
	cancel()
	_, err = r.Read(make([]byte, 1))
	wantErr(t, "Read after Close and cancel", err, files.ErrClosed)
	wantContent(t, h, "a", c)
}
