package files_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/callers"
)

// TestPassedIsCalledExactly: Passed is called with 0 when a body has been opened, with 0
// once more when its first byte is requested, and then with each number of bytes that
// was read, but not for a Read that returns none.
func TestPassedIsCalledExactly(t *testing.T) {
	store := mem.New(nil)
	put(t, store, "a", "text")
	for what, body := range map[string]func(io.Reader) io.Reader{
		"memory": nil,
		"stream": func(r io.Reader) io.Reader {
			calls := 0
			return readerFunc(func(p []byte) (int, error) {
				if calls++; calls%2 == 1 { // allowed, but discouraged
					return 0, nil
				}
				return r.Read(p[:min(len(p), 2)])
			})
		},
	} {
		var passed []int64
		b := files.Wrap(store, files.Hooks{
			Body: func(_ context.Context, _ *files.Call, r io.Reader) io.Reader {
				if body == nil {
					return nil
				}
				return body(r)
			},
			Passed: func(_ context.Context, _ *files.Call, n int64) { passed = append(passed, n) },
		})
		r, err := b.Get(ctx, "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(passed, []int64{0}) {
			t.Errorf("%s: Passed got %v of a body that is open, want one 0", what, passed)
		}
		r.Read(nil)
		if !slices.Equal(passed, []int64{0, 0}) {
			t.Errorf("%s: Passed got %v after a Read of no bytes, want two 0", what, passed)
		}
		for n := 0; n < 4; {
			m, err := r.Read(make([]byte, 2))
			if n += m; err != nil {
				t.Fatal(err)
			}
		}
		r.Read(make([]byte, 2))
		if r.Close(); !slices.Equal(passed, []int64{0, 0, 2, 2}) {
			t.Errorf("%s: Passed got %v, want 0, 0, 2 and 2", what, passed)
		}
	}
}

// TestChangedBodyWithoutDigests: a wrapper whose Body returns other bytes, and that
// doesn't claim digests, returns these bytes; one that claims them returns ErrCorrupt.
func TestChangedBodyWithoutDigests(t *testing.T) {
	store := mem.New(nil)
	put(t, store, "a", "text")
	for _, claimed := range []bool{true, false} {
		for _, hooked := range []bool{true, false} {
			b := files.Wrap(damaged(store), files.Hooks{
				Features: func(f files.Features) files.Features {
					f.Digests = claimed
					return f
				},
			})
			if hooked {
				b = files.Wrap(b, files.Hooks{
					Done: func(context.Context, *files.Call, int64, error) {},
				})
			}
			got, err := files.ReadString(ctx, b, "a", nil)
			if errors.Is(err, files.ErrCorrupt) != claimed || !claimed && got != "texu" {
				t.Errorf("digests are claimed: %v, and the content is %q, %v", claimed, got, err)
			}
		}
	}
}

// failingClose is a body whose Close fails, and counts.
type failingClose struct {
	io.Reader
	closes *int
}

func (f failingClose) Close() error {
	*f.closes++
	return errBroken
}

// TestBodyThatCloses: a hook that closes the body which it was given gets the body's
// error, each time, and the body is closed once.
func TestBodyThatCloses(t *testing.T) {
	closes := 0
	b := files.Wrap(&answering{mem.New(nil), func(ctx context.Context,
		_ files.GetOptions) (*files.Reader, error) {
		return driver.NewReader(ctx, driver.ReaderConfig{
			Info:   files.Info{Entry: files.Entry{Size: 4}},
			Length: 4,
			Body:   failingClose{strings.NewReader("text"), &closes},
		}), nil
	}}, files.Hooks{
		Body: func(_ context.Context, _ *files.Call, body io.Reader) io.Reader {
			for range 2 {
				if err := body.(io.Closer).Close(); !errors.Is(err, errBroken) {
					t.Errorf("Close of the body = %v, want its error", err)
				}
			}
			return readerFunc(body.Read)
		},
	})
	r, err := b.Get(ctx, "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil || closes != 1 {
		t.Errorf("Close = %v, and the body was closed %d times, want once", err, closes)
	}
}

// TestWriterEndsItsOrigin: what reports forgotten Writers finds out that one was
// committed or closed, and can abort one that was not.
func TestWriterEndsItsOrigin(t *testing.T) {
	defer callers.Watch()()
	for what, end := range map[string]func(*files.Writer) error{
		"Commit": func(w *files.Writer) error { _, err := w.Commit(); return err },
		"Close":  func(w *files.Writer) error { return w.Close() },
	} {
		var origin *callers.Origin
		b := around(mem.New(nil), func(ctx context.Context, _ *files.Call,
			next func(context.Context) error) error {
			origin = callers.Of(ctx)
			return next(ctx)
		})
		w := files.NewWriter(ctx, b, "a", nil)
		io.WriteString(w, "text")
		if origin == nil || origin.Ended() {
			t.Fatalf("%s: the origin is %v before the end", what, origin)
		}
		if err := end(w); err != nil || !origin.Ended() {
			t.Errorf("%s: %v, and the origin has ended: %v, want true", what, err, origin.Ended())
		}
		w = files.NewWriter(ctx, b, "a", nil)
		io.WriteString(w, "text")
		origin.Abort(errBroken)
		if _, err := w.Commit(); err == nil {
			t.Errorf("%s: Commit of a Writer that was aborted = nil", what)
		}
	}
}
