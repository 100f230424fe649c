package compress_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/compress"
	"github.com/klauspost/compress/zstd"
)

func open(t testing.TB, below files.Bucket, o *compress.Options) files.Bucket {
	t.Helper()
	b, err := compress.New(below, o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// text returns n bytes that compress well.
func text(n int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "line %d of the log, and rain again\n", i*i%1000)
	}
	return b.Bytes()[:n]
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(n)}).Read(b)
	return b
}

func put(t testing.TB, b files.Bucket, name string, c []byte, o *files.PutOptions) files.Info {
	t.Helper()
	info, err := files.PutBytes(t.Context(), b, name, c, o)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// stream puts content of unknown size.
func stream(t testing.TB, b files.Bucket, name string, c []byte) files.Info {
	t.Helper()
	info, err := b.Put(t.Context(), name, struct{ io.Reader }{bytes.NewReader(c)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func part(b files.Bucket, name string, r files.Range) ([]byte, error) {
	return files.ReadAll(context.Background(), b, name,
		&files.ReadOptions{GetOptions: files.GetOptions{Range: r}})
}

// want reads the file in every way, and checks content and size.
func want(t *testing.T, b files.Bucket, name string, c []byte) {
	t.Helper()
	n := int64(len(c))
	for _, r := range []files.Range{{}, files.Bytes(1, 10), files.From(n / 2), files.Last(7),
		files.Bytes(0, n), files.From(n + 5)} {
		got, err := part(b, name, r)
		off, k := r.Resolve(n)
		if err != nil || !bytes.Equal(got, c[off:off+k]) {
			t.Errorf("%s, %v: %d bytes, %v", name, r, len(got), err)
		}
	}
	if i, err := b.Stat(t.Context(), name, nil); err != nil || i.Size != n ||
		i.ContentEncoding != "" || len(i.Metadata) > 0 {
		t.Errorf("%s: Stat has %+v, %v, want %d bytes", name, i, err, n)
	}
	for e, err := range b.List(t.Context(), "", &files.ListOptions{Prefix: name}) {
		if err != nil || e.Size != n {
			t.Errorf("%s: List has %+v, %v", name, e, err)
		}
	}
}

// stored returns the stored bytes and attributes of a file.
func stored(t testing.TB, below files.Bucket, name string) ([]byte, files.Attributes) {
	t.Helper()
	r, err := below.Get(t.Context(), name, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	c, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(c), r.Info().Attributes
}

// TestOthersReadIt: at every level, stored files are standard zstd with a window that
// browsers accept.
func TestOthersReadIt(t *testing.T) {
	for _, level := range []int{0, 1, 3, 6, 10, 22} {
		below := mem.New(nil)
		b := open(t, below, &compress.Options{Level: level})
		for _, n := range []int{100, 100_000, compress.Tried + 1, 3 << 20} {
			c := text(n)
			put(t, b, "declared", c, nil)
			stream(t, b, "streamed", c)
			for _, name := range []string{"declared", "streamed"} {
				want(t, b, name, c)
				s, a := stored(t, below, name)
				if a.ContentEncoding != "zstd" || len(s) > n-n/16 || a.Metadata == nil {
					t.Errorf("level %d, %d bytes: %d stored, %+v", level, n, len(s), a)
				}
				d, err := zstd.NewReader(bytes.NewReader(s), zstd.WithDecoderMaxWindow(8<<20))
				if err != nil {
					t.Fatal(err)
				}
				got, err := io.ReadAll(d)
				if d.Close(); err != nil || !bytes.Equal(got, c) {
					t.Errorf("level %d: another reader gets %d bytes of %d, %v", level, len(got),
						n, err)
				}
				var h zstd.Header
				if err := h.Decode(s); err != nil || h.WindowSize > 8<<20 {
					t.Errorf("level %d, %d bytes: a window of %d, %v", level, n, h.WindowSize, err)
				}
			}
		}
	}
}

// packed compresses as another program would.
func packed(t testing.TB, c []byte, o ...zstd.EOption) []byte {
	t.Helper()
	var out bytes.Buffer
	e, err := zstd.NewWriter(&out, append(o, zstd.WithEncoderConcurrency(1))...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Write(c); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

var asZstd = &files.PutOptions{Attributes: files.Attributes{ContentEncoding: "zstd"}}

// TestFilesOfOthers: files that other programs put are read according to their
// Content-Encoding.
func TestFilesOfOthers(t *testing.T) {
	gets := 0
	store := mem.New(nil)
	below := files.Wrap(store, files.Hooks{
		Around: func(ctx context.Context, c *files.Call,
			next func(context.Context) error) error {
			if c.Op == files.OpGet {
				gets++
			}
			return next(ctx)
		},
	})
	b := open(t, below, nil)
	small, large := text(5000), text(3<<20)
	put(t, store, "plain", small, nil)
	want(t, b, "plain", small)
	put(t, store, "empty", nil, nil)
	want(t, b, "empty", nil)
	put(t, store, "small", packed(t, small), asZstd)
	want(t, b, "small", small)
	put(t, store, "two frames", append(packed(t, small), packed(t, large)...), asZstd)
	want(t, b, "two frames", append(slices.Clone(small), large...))
	put(t, store, "upper", packed(t, small), &files.PutOptions{
		Attributes: files.Attributes{ContentEncoding: "ZSTD"},
	})
	want(t, b, "upper", small)
	put(t, store, "not zstd", small, asZstd) // with a wrong header
	want(t, b, "not zstd", small)
	put(t, store, "empty zstd", nil, asZstd)
	want(t, b, "empty zstd", nil)
	put(t, store, "gzip", small, &files.PutOptions{
		Attributes: files.Attributes{ContentEncoding: "gzip"},
	})
	if got, err := part(b, "gzip", files.Range{}); err != nil || !bytes.Equal(got, small) {
		t.Errorf("a file with another Content-Encoding isn't as it was put: %v", err)
	}
	put(t, store, "large", packed(t, large), asZstd)
	gets = 0
	want(t, b, "large", large)
	counting := gets
	gets = 0
	want(t, b, "large", large)
	if gets >= counting {
		t.Errorf("%d requests to read it again, %d at first: the size was not remembered", gets,
			counting)
	}
	put(t, store, "large", packed(t, small), asZstd)
	want(t, b, "large", small)
}

// TestStoredAsItIs: content that compression doesn't make smaller, or that has a
// Content-Encoding, is stored as it is, and the Content-Encoding comes back.
func TestStoredAsItIs(t *testing.T) {
	below := mem.New(nil)
	b := open(t, below, nil)
	for _, c := range []struct {
		name string
		c    []byte
		o    files.Attributes
	}{
		{"photo.jpg", text(5000), files.Attributes{}},
		{"x", text(5000), files.Attributes{ContentType: "application/zip"}},
		{"x", text(5000), files.Attributes{ContentType: "application/vnd.x+zip; a=b"}},
		{"x", random(5000), files.Attributes{}},
		{"x", random(2 << 20), files.Attributes{}},
		{"x", nil, files.Attributes{}},
		{"x", []byte("x"), files.Attributes{}},
		{"x", text(5000), files.Attributes{ContentEncoding: "gzip"}},
		{"x", packed(t, text(5000)), files.Attributes{ContentEncoding: "zstd"}},
		{"x", text(5000), files.Attributes{
			ContentDisposition: strings.Repeat("d", 1000),
			CacheControl:       strings.Repeat("c", 489),
			ContentType:        "text/plain",
		}},
	} {
		put(t, b, c.name, c.c, &files.PutOptions{Attributes: c.o})
		s, a := stored(t, below, c.name)
		if !bytes.Equal(s, c.c) || a.ContentEncoding != c.o.ContentEncoding {
			t.Errorf("%+v: stored with %q", c.o, a.ContentEncoding)
		}
		if got, err := part(b, c.name, files.Range{}); err != nil || !bytes.Equal(got, c.c) {
			t.Errorf("%+v: Get differs from what was put, or fails: %v", c.o, err)
		}
		i, err := b.Stat(t.Context(), c.name, nil)
		if err != nil || i.ContentEncoding != c.o.ContentEncoding || i.Size != int64(len(c.c)) {
			t.Errorf("%+v: Stat = %+v, %v", c.o, i, err)
		}
	}
	for _, ct := range []string{"text/plain", "image/svg+xml", "application/json", "audio/wav", "",
		"application/x-ndjson", "font/ttf"} {
		if compress.Compressed(ct) {
			t.Errorf("Compressed(%q) = true, want false", ct)
		}
	}
	own := open(t, below, &compress.Options{
		Plain: func(ct string) bool { return ct == "text/html; charset=utf-8" },
	})
	put(t, own, "a.html", text(5000), nil)
	if s, _ := stored(t, below, "a.html"); len(s) != 5000 {
		t.Error("Options.Plain isn't called")
	}
}

func TestBadOptions(t *testing.T) {
	for _, o := range []*compress.Options{{Level: -1}, {Level: 23}, {MaxUnmarked: -1}} {
		if b, err := compress.New(mem.New(nil), o); b != nil ||
			files.KindOf(err) != files.ErrInvalid {
			t.Errorf("New(%+v) = %v, want ErrInvalid", o, err)
		}
	}
	if _, err := compress.New(nil, nil); files.KindOf(err) != files.ErrInvalid {
		t.Errorf("a nil bucket: %v", err)
	}
	bare := files.Wrap(mem.New(nil), files.Hooks{
		Features: func(f files.Features) files.Features { f.Attributes = false; return f },
	})
	if _, err := compress.New(bare, nil); !errors.Is(err, files.ErrUnsupported) {
		t.Errorf("a bucket without attributes: %v, want ErrUnsupported", err)
	}
	b := open(t, mem.New(nil), nil)
	for _, m := range []map[string]string{
		{compress.MarkKey: "zstd-5"},
		{"k": strings.Repeat("v", files.MaxMetadata-compress.MetadataSize)},
	} {
		_, err := files.PutString(t.Context(), b, "a", "x",
			&files.PutOptions{Attributes: files.Attributes{Metadata: m}})
		if files.KindOf(err) != files.ErrInvalid {
			t.Errorf("Put with the metadata %.50v: %v, want ErrInvalid", m, err)
		}
	}
	m := map[string]string{"k": strings.Repeat("v", files.MaxMetadata-compress.MetadataSize-1)}
	if _, err := files.PutString(t.Context(), b, "a", strings.Repeat("x", 3<<20),
		&files.PutOptions{Attributes: files.Attributes{Metadata: m}}); err != nil {
		t.Error(err)
	}
}

// TestRaces: of concurrent Puts with IfAbsent one succeeds, and its content stays.
func TestRaces(t *testing.T) {
	b := open(t, mem.New(nil), nil)
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = files.PutBytes(t.Context(), b, "a", text(1000+i),
				&files.PutOptions{If: files.IfAbsent()})
		})
	}
	wg.Wait()
	won := -1
	for i, err := range errs {
		switch {
		case err == nil && won < 0:
			won = i
		case !errors.Is(err, files.ErrExist):
			t.Errorf("Put %d = %v, want nil or ErrExist", i, err)
		}
	}
	want(t, b, "a", text(1000+won))
}

// TestCopyBetweenViews: copies between the bucket and the one below have the same plain
// content.
func TestCopyBetweenViews(t *testing.T) {
	below := mem.New(nil)
	one, two := open(t, below, nil), open(t, below, &compress.Options{Level: 10})
	for _, c := range [][]byte{text(70_000), text(2 << 20), random(4000)} {
		put(t, one, "a", c, nil)
		for name, to := range map[string]files.Bucket{"b": two, "c": below, "d": one} {
			if _, err := files.Copy(t.Context(), to, name, one, "a", nil); err != nil {
				t.Fatal(err)
			}
			want(t, to, name, c)
		}
		if _, err := files.Move(t.Context(), two, "e", one, "d", nil); err != nil {
			t.Fatal(err)
		}
		want(t, two, "e", c)
	}
	_, err := files.SignURL(t.Context(), one, "a", nil)
	if !errors.Is(err, files.ErrUnsupported) {
		t.Errorf("a signed URL: %v, want ErrUnsupported", err)
	}
}
