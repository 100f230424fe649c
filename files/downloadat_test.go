package files_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// sink is an io.WriterAt in memory.
type sink struct {
	mu      sync.Mutex
	content []byte
	writing func(off int64) error // may be nil
}

func (s *sink) WriteAt(p []byte, off int64) (int, error) {
	if s.writing != nil {
		if err := s.writing(off); err != nil {
			return 0, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if end := int(off) + len(p); end > len(s.content) {
		s.content = append(s.content, make([]byte, end-len(s.content))...)
	}
	return copy(s.content[off:], p), nil
}

// TestDownloadAt: every byte arrives at its offset, with one request for each part.
func TestDownloadAt(t *testing.T) {
	const part = 100_000
	for _, size := range []int{0, 1, part - 1, part, part + 1, 10 * part, 10*part + 3} {
		content := randomBytes(size)
		r := newRemote(t)
		r.put(t, "f", content)
		direct := mem.New(nil)
		if _, err := files.PutBytes(t.Context(), direct, "f", content, nil); err != nil {
			t.Fatal(err)
		}
		for _, concurrency := range []int{0, 1, 2, 16} {
			for _, b := range []files.Bucket{r, direct} {
				r.gets.Store(0)
				r.sent.Store(0)
				var s sink
				info, err := files.DownloadAt(t.Context(), b, "f", &s, &files.DownloadAtOptions{
					PartSize:    part,
					Concurrency: concurrency,
				})
				if err != nil || info.Size != int64(size) || !bytes.Equal(s.content, content) {
					t.Fatalf("%d bytes, %d at a time: %d bytes, %+v, %v", size, concurrency,
						len(s.content), info, err)
				}
				if b == direct {
					continue
				}
				want := max((size+part-1)/part, 1)
				if concurrency == 1 {
					want = 1
				}
				if n := r.gets.Load(); n != int64(want) || r.sent.Load() != int64(size) {
					t.Errorf("%d bytes, %d at a time: %d requests of %d bytes, want %d", size,
						concurrency, n, r.sent.Load(), want)
				}
			}
		}
	}
}

// TestDownloadAtFile writes into a file on disk.
func TestDownloadAtFile(t *testing.T) {
	r, content := newRemote(t), randomBytes(3<<20)
	r.put(t, "f", content)
	path := filepath.Join(t.TempDir(), "f")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := files.DownloadAt(t.Context(), r, "f", f,
		&files.DownloadAtOptions{PartSize: 1 << 18}); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// TestDownloadAtTogether: the requests are made at the same time, more of them for a file
// of many parts.
func TestDownloadAtTogether(t *testing.T) {
	for _, c := range []struct {
		parts, concurrency int
		seconds            time.Duration // 1 for the first part, and then in turns
	}{
		{parts: 17, seconds: 1 + 2},
		{parts: 18, seconds: 1 + 2}, // nine at a time
		{parts: 19, seconds: 1 + 2},
		{parts: 33, seconds: 1 + 2},   // sixteen
		{parts: 65, seconds: 1 + 2},   // thirty-two
		{parts: 321, seconds: 1 + 10}, // no more
		{parts: 321, concurrency: 64, seconds: 1 + 5},
		{parts: 21, concurrency: 5, seconds: 1 + 4},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRemote(t)
			r.put(t, "f", randomBytes(c.parts*1000))
			r.opening = func(context.Context, *files.Call) error {
				time.Sleep(time.Second)
				return nil
			}
			start := time.Now()
			_, err := files.DownloadAt(t.Context(), r, "f", &sink{}, &files.DownloadAtOptions{
				PartSize:    1000,
				Concurrency: c.concurrency,
			})
			if err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); took != c.seconds*time.Second {
				t.Errorf("%d requests of 1s with Concurrency %d took %v, want %ds", c.parts,
					c.concurrency, took, c.seconds)
			}
		})
	}
}

// TestDownloadAtFails: DownloadAt returns the right error for damage, changes, the end
// of the context and failures of the writer.
func TestDownloadAtFails(t *testing.T) {
	content := randomBytes(1_000_000)
	opts := &files.DownloadAtOptions{PartSize: 100_000, Concurrency: 3}
	full := errors.New("no space")
	for _, c := range []struct {
		what  string
		setUp func(t *testing.T, r *remote, s *sink, cancel func())
		want  error
	}{
		{"damage", func(t *testing.T, r *remote, _ *sink, _ func()) {
			inner := r.Bucket
			r.Bucket = files.Wrap(inner, files.Hooks{
				Body: func(_ context.Context, c *files.Call, body io.Reader) io.Reader {
					off, _, _ := c.Get.Range.Parts()
					return readerFunc(func(p []byte) (int, error) {
						n, err := body.Read(p)
						if off == 500_000 && n > 0 {
							p[0] ^= 1
						}
						return n, err
					})
				},
			})
		}, files.ErrCorrupt},
		{"replaced", func(t *testing.T, r *remote, _ *sink, _ func()) {
			r.opening = func(ctx context.Context, _ *files.Call) error {
				if r.gets.Load() == 4 {
					r.put(t, "f", randomBytes(1_000_001))
				}
				return nil
			}
		}, files.ErrChanged},
		{"deleted", func(t *testing.T, r *remote, _ *sink, _ func()) {
			r.opening = func(ctx context.Context, _ *files.Call) error {
				if r.gets.Load() == 4 {
					r.Delete(ctx, "f", nil)
				}
				return nil
			}
		}, files.ErrChanged},
		{"cancelled", func(t *testing.T, r *remote, _ *sink, cancel func()) {
			r.opening = func(context.Context, *files.Call) error {
				if r.gets.Load() == 4 {
					cancel()
				}
				return nil
			}
		}, context.Canceled},
		{"the writer fails", func(_ *testing.T, _ *remote, s *sink, _ func()) {
			s.writing = func(off int64) error {
				if off >= 500_000 {
					return full
				}
				return nil
			}
		}, full},
		{"the writer fails at once", func(_ *testing.T, _ *remote, s *sink, _ func()) {
			s.writing = func(off int64) error {
				if off < 100_000 {
					return full
				}
				return nil
			}
		}, full},
		{"missing", func(t *testing.T, r *remote, _ *sink, _ func()) {
			r.Delete(t.Context(), "f", nil)
		}, files.ErrNotExist},
	} {
		t.Run(c.what, func(t *testing.T) {
			r, s := newRemote(t), &sink{}
			r.put(t, "f", content)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			c.setUp(t, r, s, cancel)
			info, err := files.DownloadAt(ctx, r, "f", s, opts)
			if !errors.Is(err, c.want) || info.Size != 0 {
				t.Errorf("DownloadAt = %+v, %v, want %v", info, err, c.want)
			}
			if _, ok := errors.AsType[*files.Error](err); !ok {
				t.Errorf("the error is no *files.Error: %v", err)
			}
		})
	}
	t.Run("the writer panics", func(t *testing.T) {
		r := newRemote(t)
		r.put(t, "f", content)
		defer func() {
			if v := recover(); v != "broken" {
				t.Errorf(`recovered %v, want "broken"`, v)
			}
		}()
		files.DownloadAt(t.Context(), r, "f", &sink{writing: func(off int64) error {
			if off >= 500_000 {
				panic("broken")
			}
			return nil
		}}, opts)
		t.Error("DownloadAt returned")
	})
	for _, bad := range []files.DownloadAtOptions{
		{PartSize: -1}, {Concurrency: -1}, {IfVersion: "another"}, {ReadTimeout: -1},
	} {
		r := newRemote(t)
		r.put(t, "f", content)
		_, err := files.DownloadAt(t.Context(), r, "f", &sink{}, &bad)
		if !errors.Is(err, files.ErrInvalid) && !errors.Is(err, files.ErrPrecondition) {
			t.Errorf("%+v: DownloadAt = %v", bad, err)
		}
	}
}

// TestPartsExactly: DownloadAt makes one request for each part, the first of which is
// for the whole file.
func TestPartsExactly(t *testing.T) {
	const part = 64 << 10
	for size, want := range map[int]int64{
		0: 1, 1: 1, part: 1, part + 1: 2, 2 * part: 2, 2*part + 1: 3, 3 * part: 3,
	} {
		r := newRemote(t)
		content := randomBytes(size)
		r.put(t, "f", content)
		for _, concurrency := range []int{0, 1, 2} {
			r.gets.Store(0)
			var got sink
			info, err := files.DownloadAt(ctx, r, "f", &got,
				&files.DownloadAtOptions{PartSize: part, Concurrency: concurrency})
			if err != nil || info.Size != int64(size) || !bytes.Equal(got.content, content) {
				t.Errorf("%d bytes: %+v, %v", size, info, err)
			}
			if n := r.gets.Load(); n != want && concurrency != 1 || concurrency == 1 && n != 1 {
				t.Errorf("%d bytes, %d at a time: %d requests, want %d", size, concurrency, n, want)
			}
		}
	}
	for _, o := range []files.DownloadAtOptions{{PartSize: -1}, {Concurrency: -1}} {
		_, err := files.DownloadAt(ctx, newRemote(t), "f", &sink{}, &o)
		is(t, err, files.ErrInvalid)
	}
}
