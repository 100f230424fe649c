package files_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// boasting is a service that reports wrong lengths.
type boasting struct {
	driver.Backend
	size, offset, length int64
	anyPlace             bool // its bodies are read at any place
}

// anyPlace is a body that reads at any place.
type anyPlace struct{ *strings.Reader }

func (anyPlace) Close() error { return nil }
func (anyPlace) Immediate()   {}

func (b *boasting) Open(ctx context.Context, req driver.OpenRequest) (driver.Object, error) {
	info, _ := b.Stat(ctx, req.Key)
	body := io.NopCloser(strings.NewReader(alphabet))
	if b.anyPlace {
		body = anyPlace{strings.NewReader(alphabet)}
	}
	return driver.Object{
		Info:   info,
		Offset: b.offset,
		Length: b.length,
		Body:   body,
	}, nil
}

func (b *boasting) Stat(context.Context, driver.Key) (files.Info, error) {
	return files.Info{Entry: files.Entry{Name: "a", Size: b.size, Version: "v"}}, nil
}

// boaster is a Bucket without a driver that reports wrong lengths.
type boaster struct {
	files.Bucket
	c driver.ReaderConfig
}

func (b *boaster) Get(ctx context.Context, _ string, _ *files.GetOptions) (*files.Reader, error) {
	c := b.c
	c.Body = io.NopCloser(strings.NewReader(alphabet))
	return driver.NewReader(ctx, c), nil
}

var foreignLengths = []int64{
	-1, math.MinInt64, math.MaxInt64, math.MaxInt64 - 1, 1 << 47, 1 << 40, 27,
}

func boast(size, offset, length int64, anyPlace bool) files.Bucket {
	return driver.New(&boasting{driver.Unwrap(mem.New(nil)), size, offset, length, anyPlace})
}

// TestReportedLengths: a wrong length of a body is an error, and no memory is allocated
// for it.
func TestReportedLengths(t *testing.T) {
	for _, n := range foreignLengths {
		for what, b := range map[string]files.Bucket{
			"driver":          boast(n, 0, n, false),
			"driver's length": boast(26, 0, n, false),
			"driver's offset": boast(26, n, 26, false),
			"any place":       boast(n, 0, n, true),
			"bucket": &boaster{mem.New(nil), driver.ReaderConfig{
				Info: files.Info{Entry: files.Entry{Size: n}}, Length: n, Verify: true,
			}},
			"bucket's offset": &boaster{mem.New(nil), driver.ReaderConfig{
				Info: files.Info{Entry: files.Entry{Size: 26}}, Offset: min(n, -1), Length: 26,
			}},
		} {
			for _, b := range []files.Bucket{b, files.Wrap(b, files.Hooks{})} {
				readReported(t, fmt.Sprintf("%s tells %d", what, n), b)
			}
		}
	}
}

// readReported reads in every way, none of which may return everything without an
// error.
func readReported(t *testing.T, what string, b files.Bucket) {
	t.Helper()
	ways := map[string]func() error{
		"ReadAll":  func() error { _, err := files.ReadAll(ctx, b, "a", nil); return err },
		"ReadJSON": func() error { _, err := files.ReadJSON[int](ctx, b, "a", nil); return err },
		"Download": func() error {
			_, err := files.Download(ctx, b, "a", io.Discard, nil)
			return err
		},
		"DownloadFile": func() error {
			_, err := files.DownloadFile(ctx, b, "a", filepath.Join(t.TempDir(), "f"), nil)
			return err
		},
		"DownloadAt": func() error {
			_, err := files.DownloadAt(ctx, b, "a", io.NewOffsetWriter(&sink{}, 0), nil)
			return err
		},
		"ReadRanges": func() error {
			_, err := files.ReadRanges(ctx, b, "a", []files.Range{{}}, nil)
			return err
		},
		"ReadRanges from the end": func() error {
			_, err := files.ReadRanges(ctx, b, "a",
				[]files.Range{files.Last(math.MaxInt64), files.From(3)}, nil)
			return err
		},
		"OpenAt": func() error {
			f, err := files.OpenAt(ctx, b, "a", nil)
			if err != nil {
				return err
			}
			defer f.Close()
			if _, err := f.ReadAt(make([]byte, 100), max(f.Size()-100, 0)); err != nil {
				return err
			}
			_, err = f.WriteTo(io.Discard)
			return err
		},
		"a file of FS": func() error {
			f, err := files.FS(ctx, b, nil).Open("a")
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = io.ReadAll(f)
			return err
		},
		"FS": func() error { _, err := fs.ReadFile(files.FS(ctx, b, nil), "a"); return err },
		"ReadN": func() error {
			return opened(b, func(r *files.Reader) error {
				for {
					if _, err := r.ReadN(math.MaxInt); err != nil {
						return err
					}
				}
			})
		},
		"Next": func() error {
			return opened(b, func(r *files.Reader) error {
				for {
					if _, err := r.Next(); err != nil {
						return err
					}
				}
			})
		},
		"Chunks": func() error {
			return opened(b, func(r *files.Reader) error {
				for _, err := range r.Chunks(math.MaxInt) {
					if err != nil {
						return err
					}
				}
				return nil
			})
		},
		"Update": func() error {
			_, err := files.Update(ctx, b, "a", func(p []byte) ([]byte, error) {
				return p, nil
			}, nil)
			return err
		},
	}
	for name, way := range ways {
		before := allocated()
		err := way()
		if !errors.Is(err, files.ErrCorrupt) && !errors.Is(err, files.ErrUnavailable) {
			t.Errorf("%s: %s: got %v, want ErrCorrupt or ErrUnavailable", what, name, err)
		}
		if n := allocated() - before; n > 20<<20 {
			t.Errorf("%s: %s took %d MiB for 26 bytes", what, name, n>>20)
		}
	}
}

func opened(b files.Bucket, f func(*files.Reader) error) error {
	r, err := b.Get(ctx, "a", nil)
	if err != nil {
		return err
	}
	defer r.Close()
	return f(r)
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// TestReadAllGrows: content that is larger than the memory allocated at first arrives
// whole.
func TestReadAllGrows(t *testing.T) {
	b := mem.New(nil)
	big := strings.Repeat(alphabet, 50<<20/len(alphabet))
	put(t, b, "a", big)
	if got, err := files.ReadString(ctx, b, "a", nil); got != big || err != nil {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	r, err := b.Get(ctx, "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if p, err := r.ReadN(40 << 20); string(p) != big[:40<<20] || err != nil {
		t.Errorf("%d bytes, %v", len(p), err)
	}
}

// impossible is a body whose Read returns an impossible count.
type impossible int

func (i impossible) Read([]byte) (int, error) { return int(i), nil }

func TestImpossibleCounts(t *testing.T) {
	for _, n := range []int{-1, math.MaxInt, 1 << 30} {
		r, _ := reader(ctx, impossible(n), alphabet, nil)
		_, err := r.ReadAll()
		is(t, err, files.ErrUnavailable)
		_, err = files.PutString(ctx, mem.New(nil), "a", "x", &files.PutOptions{Size: new(int64)})
		is(t, err, files.ErrCorrupt)
	}
	// a declared size that is wrong
	for _, n := range []int64{math.MaxInt64, 1 << 47, 27} {
		before := allocated()
		_, err := mem.New(nil).Put(ctx, "a", struct{ io.Reader }{strings.NewReader(alphabet)},
			&files.PutOptions{Size: &n})
		is(t, err, files.ErrCorrupt)
		if n := allocated() - before; n > 20<<20 {
			t.Errorf("%d MiB for 26 bytes", n>>20)
		}
	}
}
