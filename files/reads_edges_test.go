package files_test

import (
	"context"
	"errors"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// halting is a stream each second Read of which returns no bytes, which is allowed, but
// discouraged.
type halting struct {
	r     io.Reader
	calls int
}

func (h *halting) Read(p []byte) (int, error) {
	if h.calls++; h.calls%2 == 1 {
		return 0, nil
	}
	return h.r.Read(p[:min(len(p), 3)])
}

func (h *halting) Close() error { return nil }

// haltingViews is halting with views, as a body that reads ahead has.
type haltingViews struct{ halting }

func (h *haltingViews) View(p []byte) ([]byte, error) {
	n, err := h.Read(p)
	return p[:n], err
}

// TestNothingIsWritten: a Writer is never called with no bytes, whatever the body is and
// how it comes, and neither is the hook Passed after the first byte.
func TestNothingIsWritten(t *testing.T) {
	for what, body := range map[string]func(text string) io.ReadCloser{
		"stream": func(text string) io.ReadCloser { return &halting{r: strings.NewReader(text)} },
		"views": func(text string) io.ReadCloser {
			return &haltingViews{halting{r: strings.NewReader(text)}}
		},
		"memory": nil,
	} {
		for _, text := range []string{"", "a text of several pieces"} {
			b := files.Bucket(mem.New(nil))
			put(t, b, "a", text)
			if body != nil {
				b = &answering{b, func(ctx context.Context,
					_ files.GetOptions) (*files.Reader, error) {
					return driver.NewReader(ctx, driver.ReaderConfig{
						Info:   files.Info{Entry: files.Entry{Size: int64(len(text))}},
						Length: int64(len(text)),
						Body:   body(text),
					}), nil
				}}
			}
			var passed []int64
			b = files.Wrap(b, files.Hooks{
				Passed: func(_ context.Context, _ *files.Call, n int64) {
					passed = append(passed, n)
				},
			})
			got := ""
			_, err := files.Download(ctx, b, "a", writerFunc(func(p []byte) (int, error) {
				if len(p) == 0 {
					t.Errorf("%s of %q: Write of no bytes", what, text)
				}
				got += string(p)
				return len(p), nil
			}), nil)
			if err != nil || got != text {
				t.Errorf("%s: Download = %q, %v, want %q", what, got, err, text)
			}
			if len(passed) < 2 || slices.Contains(passed[2:], 0) {
				t.Errorf("%s of %q: Passed got %v", what, text, passed)
			}
		}
	}
}

// TestReadThatTimesOut: the Read that waits too long returns the timeout itself.
func TestReadThatTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 2 {
			r, _ := reader(ctx, nil, alphabet, func(c *driver.ReaderConfig) {
				c.Body, c.Timeout = newGate(""), time.Hour
			})
			if n, err := r.Read(make([]byte, 9)); n != 0 ||
				!errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("Read = %d, %v, want 0 and os.ErrDeadlineExceeded", n, err)
			}
			r.Close()
		}
	})
}

// TestReadNOfNothing: ReadN of no bytes is no error, also at the end, where a ReadN of
// some is io.EOF.
func TestReadNOfNothing(t *testing.T) {
	b := mem.New(nil)
	put(t, b, "a", "text")
	r, err := b.Get(ctx, "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, c := range []struct {
		n    int
		want string
		err  error
	}{
		{0, "", nil},
		{3, "tex", nil},
		{0, "", nil},
		{9, "t", nil},
		{0, "", nil},
		{1, "", io.EOF},
	} {
		if p, err := r.ReadN(c.n); string(p) != c.want || err != c.err {
			t.Errorf("ReadN(%d) = %q, %v, want %q and %v", c.n, p, err, c.want, c.err)
		}
	}
}

// TestSeekFarthest: a File can seek to the largest offset that there is, and no farther.
func TestSeekFarthest(t *testing.T) {
	b := mem.New(nil)
	put(t, b, "a", "text")
	f := openAt(t, b, "a", nil)
	for range 2 {
		if at, err := f.Seek(math.MaxInt64, io.SeekStart); at != math.MaxInt64 || err != nil {
			t.Errorf("Seek to the end of all numbers = %d, %v", at, err)
		}
		if n, err := f.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("Read there = %d, %v, want io.EOF", n, err)
		}
		_, err := f.Seek(1, io.SeekCurrent)
		is(t, err, files.ErrInvalid)
	}
	if at, err := f.Seek(math.MaxInt64-4, io.SeekEnd); at != math.MaxInt64 || err != nil {
		t.Errorf("Seek from the end = %d, %v", at, err)
	}
	_, err := f.Seek(math.MaxInt64-3, io.SeekEnd)
	is(t, err, files.ErrInvalid)
}

// endsEarly is a body at any place whose ReadAt returns io.EOF beside the last bytes.
type endsEarly struct{ strings.Reader }

func (e *endsEarly) Close() error { return nil }
func (e *endsEarly) Immediate()   {}

func (e *endsEarly) ReadAt(p []byte, off int64) (int, error) {
	n, err := e.Reader.ReadAt(p, off)
	if err == nil && off+int64(n) == e.Size() {
		err = io.EOF
	}
	return n, err
}

// TestReadAtToTheEnd: a body may return io.EOF beside the last bytes, and then a ReadAt
// of exactly these bytes has no error. One that returns no bytes is ErrCorrupt, and the
// hook Passed isn't called for it.
func TestReadAtToTheEnd(t *testing.T) {
	for text, want := range map[string]error{"text": nil, "": files.ErrCorrupt} {
		var passed []int64
		b := files.Wrap(&answering{mem.New(nil), func(ctx context.Context,
			_ files.GetOptions) (*files.Reader, error) {
			return driver.NewReader(ctx, driver.ReaderConfig{
				Info:   files.Info{Entry: files.Entry{Size: 4}},
				Length: 4,
				Body:   &endsEarly{*strings.NewReader(text)},
			}), nil
		}}, files.Hooks{
			Passed: func(_ context.Context, _ *files.Call, n int64) { passed = append(passed, n) },
		})
		f := openAt(t, b, "a", nil)
		p := make([]byte, 2)
		if n, err := f.ReadAt(p, 2); !errors.Is(err, want) || want == nil && err != nil ||
			n != len(text)/2 || string(p[:n]) != text[len(text)/2:] {
			t.Errorf("ReadAt of %q = %d, %v, want %v", text, n, err, want)
		}
		if wantPassed := []int64{0, 0, 2}[:1+len(text)/2]; !slices.Equal(passed, wantPassed) {
			t.Errorf("Passed got %v of %q, want %v", passed, text, wantPassed)
		}
	}
}
