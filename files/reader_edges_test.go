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

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// pieces is a body in memory, which may end early.
type pieces struct{ left string }

func (p *pieces) Read(b []byte) (int, error) {
	if p.left == "" {
		return 0, io.EOF
	}
	return copy(b, p.Take(len(b))), nil
}

func (p *pieces) Take(n int) []byte {
	n = min(n, len(p.left))
	got := p.left[:n]
	p.left = p.left[n:]
	return []byte(got)
}

func (p *pieces) Close() error { return nil }

func (p *pieces) Immediate() {}

// views is a body that has read ahead: it gives what it has without a copy.
type views struct {
	parts []string
	err   error
	wait  time.Duration // before each
	ended chan struct{} // closed by Close
}

func (v *views) Read(b []byte) (int, error) {
	p, err := v.View(b)
	return copy(b, p), err
}

func (v *views) View([]byte) ([]byte, error) {
	select {
	case <-v.ended:
		return nil, os.ErrClosed
	case <-time.After(v.wait):
	}
	if len(v.parts) == 0 {
		return nil, v.err
	}
	p := v.parts[0]
	v.parts = v.parts[1:]
	return []byte(p), nil
}

func (v *views) Close() error { close(v.ended); return nil }

// bodyOf opens a body that claims to be a file of ten bytes.
func bodyOf(ctx context.Context, body io.ReadCloser, timeout time.Duration) *files.Reader {
	return driver.NewReader(ctx, driver.ReaderConfig{
		Name:    "a",
		Info:    files.Info{Entry: files.Entry{Name: "a", Size: 10}},
		Length:  10,
		Body:    body,
		Timeout: timeout,
	})
}

// TestWriteToOfEachBody: WriteTo copies every kind of body, returns what the writer
// took, and the error of the body, of the writer or of the context.
func TestWriteToOfEachBody(t *testing.T) {
	for what, body := range map[string]func(text string, err error) io.ReadCloser{
		"plain": func(text string, err error) io.ReadCloser {
			return io.NopCloser(io.MultiReader(strings.NewReader(text[:4]),
				&broken{text[4:], err}))
		},
		"bytes": func(text string, _ error) io.ReadCloser { return &pieces{text} },
		"views": func(text string, err error) io.ReadCloser {
			v := &views{parts: []string{text[:4]}, err: err, ended: make(chan struct{})}
			if text[4:] != "" {
				v.parts = append(v.parts, text[4:])
			}
			return v
		},
	} {
		t.Run(what, func(t *testing.T) {
			var got bytes.Buffer
			r := bodyOf(ctx, body("0123456789", io.EOF), 0)
			if n, err := r.WriteTo(&got); n != 10 || err != nil || got.String() != "0123456789" {
				t.Errorf("WriteTo = %d, %v, %q, want all", n, err, &got)
			}
			if n, err := r.WriteTo(&got); n != 0 || err != nil {
				t.Errorf("WriteTo at the end = %d, %v, want 0 and no error", n, err)
			}
			r.Close()
			if _, err := r.WriteTo(&got); !errors.Is(err, files.ErrClosed) {
				t.Errorf("WriteTo after Close: %v, want ErrClosed", err)
			}
			got.Reset()
			r = bodyOf(ctx, body("0123", io.EOF), 0)
			if n, err := r.WriteTo(&got); n != 4 || !errors.Is(err, files.ErrCorrupt) ||
				got.String() != "0123" {
				t.Errorf("a body that ends early: %d, %v, %q, want 4 and ErrCorrupt", n, err, &got)
			}
			r = bodyOf(ctx, body("0123456789", io.EOF), 0)
			if n, err := r.WriteTo(writerFunc(func(p []byte) (int, error) {
				return len(p) - 1, nil
			})); n < 3 || n > 9 || err != io.ErrShortWrite {
				t.Errorf("a writer that takes less: %d, %v, want io.ErrShortWrite", n, err)
			}
			r = bodyOf(ctx, body("0123456789", io.EOF), 0)
			if n, err := r.WriteTo(writerFunc(func([]byte) (int, error) {
				return 2, errBroken
			})); n != 2 || err != errBroken {
				t.Errorf("a writer that fails: %d, %v, want 2 and its error", n, err)
			}
			ended, cancel := context.WithCancel(ctx)
			r = bodyOf(ended, body("0123456789", io.EOF), 0)
			cancel()
			if n, err := r.WriteTo(&got); n != 0 || !errors.Is(err, context.Canceled) {
				t.Errorf("after the context has ended: %d, %v, want 0 and context.Canceled", n, err)
			}
			if n, err := r.WriteTo(nil); n != 0 || !errors.Is(err, files.ErrInvalid) {
				t.Errorf("a nil writer: %d, %v, want ErrInvalid", n, err)
			}
			if what == "bytes" {
				return
			}
			got.Reset()
			r = bodyOf(ctx, body("0123", errBroken), 0)
			if n, err := r.WriteTo(&got); n != 4 || !errors.Is(err, errBroken) {
				t.Errorf("a body that fails: %d, %v, want 4 and its error", n, err)
			}
		})
	}
}

// TestViewsTimeOut: the read timeout bounds the wait for what a body has read ahead.
func TestViewsTimeOut(t *testing.T) {
	for _, c := range []struct {
		wait time.Duration
		want error
	}{
		{time.Second, nil},
		{3 * time.Second, os.ErrDeadlineExceeded},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := bodyOf(t.Context(), &views{
				parts: []string{"01234", "56789"},
				wait:  c.wait,
				ended: make(chan struct{}),
			}, 2*time.Second)
			defer r.Close()
			begun := time.Now()
			if _, err := r.WriteTo(io.Discard); !errors.Is(err, c.want) {
				t.Errorf("pieces that take %v: %v, want %v", c.wait, err, c.want)
			}
			if took := time.Since(begun); took != 2*time.Second {
				t.Errorf("WriteTo took %v, want 2s", took)
			}
		})
	}
}

// TestPiecesGrow: WriteTo reads a long body in pieces of 1 MiB once a small one has
// come, and a short body in small ones.
func TestPiecesGrow(t *testing.T) {
	for size, want := range map[int64]int{
		3 << 20:     1 << 20,
		1 << 20:     1 << 20,
		1<<20 - 1:   64 << 10,
		5 * 64 << 9: 64 << 10,
	} {
		first, longest := 0, 0
		r := driver.NewReader(ctx, driver.ReaderConfig{
			Info:   files.Info{Entry: files.Entry{Size: size}},
			Length: size,
			Body: io.NopCloser(readerFunc(func(p []byte) (int, error) {
				if first == 0 {
					first = len(p)
				}
				longest = max(longest, len(p))
				return len(p), nil
			})),
		})
		if n, err := r.WriteTo(io.Discard); n != size || err != nil {
			t.Errorf("WriteTo = %d, %v, want %d", n, err, size)
		}
		most := min(int64(want), max(size-64<<10, 64<<10))
		if first != 64<<10 || int64(longest) != most {
			t.Errorf("%d bytes: the first Read asks for %d bytes and one for %d, want %d and %d",
				size, first, longest, 64<<10, most)
		}
	}
}

// copying is a body that copies to a file by a function, and can't be read.
type copying struct {
	noBytes
	copy func(n int64) (int64, error)
}

func (c *copying) CopyTo(_ *os.File, n int64) (int64, error) { return c.copy(n) }

type noBytes struct{}

func (noBytes) Read([]byte) (int, error) { return 0, io.EOF }
func (noBytes) Close() error             { return nil }

// TestFileToFileLies: a count that a body can't have copied is ErrUnavailable.
func TestFileToFileLies(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, n := range []int64{-1, 11} {
		r := bodyOf(ctx, &copying{copy: func(int64) (int64, error) { return n, nil }}, 0)
		if got, err := r.WriteTo(f); got != 0 || !errors.Is(err, files.ErrUnavailable) {
			t.Errorf("CopyTo returns %d: WriteTo = %d, %v, want 0 and ErrUnavailable", n, got, err)
		}
	}
	ended, cancel := context.WithCancel(ctx)
	r := bodyOf(ended, &copying{copy: func(int64) (int64, error) { return 1, nil }}, 0)
	cancel()
	if got, err := r.WriteTo(f); got != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("after the context has ended: %d, %v, want 0 and context.Canceled", got, err)
	}
}

// TestReaderOfNothing: a Reader without a body has no bytes, and without a context it
// never ends. SetInfo of a nil Reader does nothing.
func TestReaderOfNothing(t *testing.T) {
	driver.SetInfo(nil, files.Info{})
	r := driver.NewReader(noContext, driver.ReaderConfig{})
	if p, err := r.ReadAll(); len(p) != 0 || err != nil || r.Requests() != 0 {
		t.Errorf("ReadAll = %q, %v after %d requests, want nothing", p, err, r.Requests())
	}
	r = driver.NewReader(noContext, driver.ReaderConfig{Length: 5})
	if p, err := r.ReadAll(); len(p) != 0 || !errors.Is(err, files.ErrCorrupt) {
		t.Errorf("five bytes of nothing: %q, %v, want ErrCorrupt", p, err)
	}
}

// TestLateClose: a replaced body whose Close has no result, as a decoder's, is closed
// once and never during a Read.
func TestLateClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		below, w := io.Pipe()
		reading, closes := false, 0
		b := files.Wrap(&answering{mem.New(nil), func(ctx context.Context,
			_ files.GetOptions) (*files.Reader, error) {
			return bodyOf(ctx, below, 0), nil
		}}, files.Hooks{Body: func(_ context.Context, _ *files.Call, r io.Reader) io.Reader {
			return &closing{readerFunc(func(p []byte) (int, error) {
				reading = true
				defer func() { reading = false }()
				return r.Read(p)
			}), func() {
				closes++
				if reading {
					t.Error("it is closed during a Read")
				}
			}}
		}})
		r, err := b.Get(t.Context(), "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		go io.WriteString(w, "0123")
		if p, err := r.ReadN(4); string(p) != "0123" || err != nil {
			t.Errorf("ReadN = %q, %v", p, err)
		}
		done := make(chan error)
		go func() {
			_, err := r.ReadN(4)
			done <- err
		}()
		synctest.Wait()
		if closes != 0 {
			t.Error("it is closed before Close")
		}
		r.Close()
		if err := <-done; !errors.Is(err, files.ErrClosed) {
			t.Errorf("the Read that waited: %v, want ErrClosed", err)
		}
		synctest.Wait()
		if r.Close(); closes != 1 {
			t.Errorf("it is closed %d times, want once", closes)
		}
	})
}

// TestOpenedUnderMaskedDigests: a wrapper that doesn't claim digests doesn't check a
// body that its hook has opened.
func TestOpenedUnderMaskedDigests(t *testing.T) {
	for _, claimed := range []bool{true, false} {
		b := files.Wrap(mem.New(nil), files.Hooks{
			Around: func(ctx context.Context, c *files.Call,
				_ func(context.Context) error) error {
				c.Opened = driver.NewReader(ctx, driver.ReaderConfig{
					Info: files.Info{
						Entry:  files.Entry{Size: 4},
						Digest: files.Digest{CRC32C: "00000000"},
					},
					Length: 4,
					Body:   io.NopCloser(strings.NewReader("text")),
					Verify: true,
				})
				return nil
			},
			Features: func(f files.Features) files.Features {
				f.Digests = claimed
				return f
			},
		})
		r, err := b.Get(ctx, "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.ReadAll(); errors.Is(err, files.ErrCorrupt) != claimed {
			t.Errorf("digests are claimed: %v, and ReadAll = %v", claimed, err)
		}
		if r.Info().Digest.IsZero() == claimed {
			t.Errorf("digests are claimed: %v, and the Info has %v", claimed, r.Info().Digest)
		}
		r.Close()
	}
}

// TestReadOptionsExactly: MaxBytes takes content of exactly that size.
func TestReadOptionsExactly(t *testing.T) {
	b := mem.New(nil)
	put(t, b, "a", "text")
	for most, ok := range map[int64]bool{-1: false, 0: true, 3: false, 4: true, 5: true} {
		got, err := files.ReadString(ctx, b, "a", &files.ReadOptions{MaxBytes: most})
		want := files.ErrTooLarge
		if most < 0 {
			want = files.ErrInvalid
		}
		if ok && (got != "text" || err != nil) || !ok && (got != "" || !errors.Is(err, want)) {
			t.Errorf("MaxBytes %d: %q, %v", most, got, err)
		}
	}
	o := &files.ReadOptions{MaxBytes: 2}
	o.Range = files.Bytes(1, 2)
	if got, err := files.ReadString(ctx, b, "a", o); got != "ex" || err != nil {
		t.Errorf("a range of two bytes: %q, %v", got, err)
	}
}
