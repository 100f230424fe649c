package cache_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"reflect"
	"runtime"
	"testing"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/cache"
	"cloudfiles.dev/files/driver"
)

// TestBrokenFill: a download that breaks at any byte is never returned as a whole file,
// neither to its readers, which may continue from the origin, nor later.
func TestBrokenFill(t *testing.T) {
	c := random(11, 2<<20+9)
	failure := driver.Errorf(files.ErrUnavailable, "the connection broke")
	for _, at := range []int64{
		0, 1, 500, 1<<20 - 1, 1 << 20, 1<<20 + 1, 2 << 20, int64(len(c)) - 1,
	} {
		for _, end := range []error{failure, io.EOF, files.ErrCorrupt, io.ErrUnexpectedEOF} {
			breaks := true
			inner := mem.New(nil)
			put(t, inner, "a", c)
			origin := counting(t, files.Wrap(inner, files.Hooks{
				Body: func(_ context.Context, _ *files.Call, r io.Reader) io.Reader {
					if !breaks {
						return r
					}
					return io.MultiReader(io.LimitReader(r, at), failingReader{end})
				},
			}))
			b := newCache(t, origin.Bucket, mem.New(nil), nil)
			var readers []*files.Reader
			for range 3 {
				r, err := b.Get(t.Context(), "a", nil)
				if err != nil {
					t.Fatal(err)
				}
				readers = append(readers, r)
			}
			for i, r := range readers {
				p, err := r.ReadAll()
				r.Close()
				if !bytes.Equal(p,
					c[:len(p)]) || err == nil && len(p) != len(c) || i == 0 && err == nil {
					t.Errorf("reader %d of a download that ends after %d with %v: %d bytes, %v", i,
						at, end, len(p), err)
				}
			}
			breaks = false
			for range 2 {
				read(t, b, "a", files.Range{}, c)
			}
		}
	}
}

// TestClosedEarly: a body that is closed early leaves no incomplete entry and no
// goroutine.
func TestClosedEarly(t *testing.T) {
	origin := counting(t, nil)
	b := newCache(t, origin.Bucket, mem.New(nil), nil)
	c := random(12, 3<<20)
	put(t, origin.Bucket, "a", c)
	for n := range 4 {
		r, err := b.Get(t.Context(), "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.ReadN(n << 19); n > 0 && err != nil {
			t.Fatal(err)
		}
		r.Close()
	}
	read(t, b, "a", files.Range{}, c)
	origin.reset()
	read(t, b, "a", files.Range{}, c)
	if _, bodies := origin.reset(); bodies != 0 {
		t.Errorf("%d downloads", bodies)
	}
}

// TestOriginPanics: a panic or Goexit of the origin reaches the caller and doesn't end
// the process, and the cache still works (X2).
func TestOriginPanics(t *testing.T) {
	for what, end := range map[string]func(){
		"panic":  func() { panic("of the origin") },
		"Goexit": runtime.Goexit,
	} {
		for _, where := range []string{"Get", "Read"} {
			inner := mem.New(nil)
			c := random(13, 2<<20)
			put(t, inner, "a", c)
			broken := true
			b := newCache(t, files.Wrap(inner, files.Hooks{
				Around: func(ctx context.Context, call *files.Call,
					next func(context.Context) error) error {
					if broken && where == "Get" && call.Op == files.OpGet {
						end()
					}
					return next(ctx)
				},
				Body: func(_ context.Context, _ *files.Call, r io.Reader) io.Reader {
					return readFunc(func(p []byte) (int, error) {
						if broken && where == "Read" {
							end()
						}
						return r.Read(p)
					})
				},
			}), mem.New(nil), nil)
			returned := false
			var value any
			done := make(chan struct{})
			go func() {
				defer close(done)
				defer func() { value = recover() }()
				readErr(context.Background(), b, "a", files.Range{}, c)
				returned = true
			}()
			<-done
			if returned || what == "panic" && value != "of the origin" {
				t.Errorf("%s in %s: Get returned: %v; the panic is %v", what, where, returned,
					value)
			}
			broken = false
			read(t, b, "a", files.Range{}, c)
			read(t, b, "a", files.Range{}, c)
		}
	}
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

// TestOpenAt: reads at any offset fetch each part once, and later reads fetch nothing.
func TestOpenAt(t *testing.T) {
	origin := counting(t, nil)
	b := newCache(t, origin.Bucket, mem.New(nil), nil)
	c := random(14, 6<<20+5)
	put(t, origin.Bucket, "a", c)
	for round := range 2 {
		f, err := files.OpenAt(t.Context(), b, "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []int64{5 << 20, 0, int64(len(c)) - 10, 3<<20 - 7} {
			p := make([]byte, 300<<10)
			n, err := f.ReadAt(p, at)
			if want := c[at:min(at+300<<10, int64(len(c)))]; !bytes.Equal(p[:n], want) ||
				err != nil && err != io.EOF {
				t.Errorf("at %d: %d bytes, %v", at, n, err)
			}
		}
		f.Close()
		if n := origin.took(); round == 1 && n != 0 || n > 12<<20 {
			t.Errorf("round %d: %d bytes were read from the origin", round, n)
		}
	}
}

// TestClose: a cache that owns its buckets closes them after the last body is closed,
// and that body is whole (X3).
func TestClose(t *testing.T) {
	for _, owns := range []bool{false, true} {
		origin, store := mem.New(nil), mem.New(nil)
		c := random(15, 3<<20)
		put(t, origin, "a", c)
		b := newCache(t, origin, store, &cache.Options{OwnsOrigin: owns, OwnsStore: owns})
		read(t, b, "a", files.Bytes(1<<20, 1), c)
		r, err := b.Get(t.Context(), "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		if _, err := b.Get(t.Context(), "a", nil); !errors.Is(err, files.ErrClosed) {
			t.Error(err)
		}
		if p, err := r.ReadAll(); err != nil || !bytes.Equal(p, c) {
			t.Errorf("%d bytes, %v", len(p), err)
		}
		r.Close()
		for what, x := range map[string]files.Bucket{"origin": origin, "store": store} {
			if err := files.Check(t.Context(), x); errors.Is(err, files.ErrClosed) != owns {
				t.Errorf("owned %v: the %s: %v", owns, what, err)
			}
		}
	}
}

// TestGetOptionsAreKnown: a new field of GetOptions must be handled in this package.
func TestGetOptionsAreKnown(t *testing.T) {
	known := map[string]string{
		"Range":            "rounded to parts",
		"IfNotVersion":     "compared with the current version",
		"IfVersion":        "compared with the current version",
		"ReadTimeout":      "of the body, and not of the download that others share",
		"SkipVerify":       "passes by",
		"Growing":          "passes by",
		"Connections":      "of the download",
		"ConnectionsAfter": "of the download",
		"Key":              "passes by",
	}
	for f := range reflect.TypeFor[files.GetOptions]().Fields() {
		if known[f.Name] == "" {
			t.Errorf("GetOptions.%s is new: handle it in bypasses", f.Name)
		}
	}
}

// TestBypassedOptions: a Get that isn't cached reaches the origin with its options.
func TestBypassedOptions(t *testing.T) {
	inner := mem.New(nil)
	origin := counting(t, inner)
	stats := &cache.Stats{}
	b := newCache(t, origin.Bucket, mem.New(nil), &cache.Options{Stats: stats})
	put(t, origin.Bucket, "a", []byte("text"))
	for _, o := range []files.GetOptions{
		{SkipVerify: true}, {Growing: true}, {Range: files.Bytes(-1, 2)}, {ReadTimeout: -1},
		{Connections: -1}, {Connections: 3, ConnectionsAfter: 7, ReadTimeout: time.Hour},
	} {
		var seen files.GetOptions
		origin.hook(func(ctx context.Context, c *files.Call,
			next func(context.Context) error) error {
			if c.Op == files.OpGet && c.Get != nil {
				seen = *c.Get
			}
			return next(ctx)
		})
		want := o
		r, err := b.Get(t.Context(), "a", &o)
		if err == nil {
			r.Close()
		} else if !errors.Is(err, files.ErrInvalid) {
			t.Errorf("Get with %+v = %v, want nil or ErrInvalid", o, err)
		}
		if want.ReadTimeout > 0 {
			want.ReadTimeout = 0 // applies to the cache's body
		}
		if !reflect.DeepEqual(seen, want) {
			t.Errorf("%+v reached the origin as %+v", o, seen)
		}
	}
	if n := stats.Counts(); n.Bypassed != 5 || n.Misses != 1 {
		t.Errorf("Counts = %+v, want 5 bypassed and 1 miss", n)
	}
	if _, err := b.Get(t.Context(), "", &files.GetOptions{Key: "x/"}); err == nil {
		t.Error("a raw key was found")
	}
	// An origin without versions isn't cached.
	bare := newCache(t, files.Wrap(inner, files.Hooks{
		Features: func(f files.Features) files.Features {
			f.Versions = false
			return f
		},
	}), mem.New(nil), &cache.Options{Stats: stats})
	read(t, bare, "a", files.Range{}, []byte("text"))
	if n := stats.Counts(); n.Bypassed != 6 || n.Misses != 1 {
		t.Errorf("Counts = %+v, want 6 bypassed and 1 miss", n)
	}
}

// TestPartsAtOnce: many readers of one file, each of another part, need no more of a
// download when it has stored their parts. Then it is stopped, and none of them fails.
func TestPartsAtOnce(t *testing.T) {
	origin, content := mem.New(nil), make([]byte, 11*cache.PartSize+9)
	for i := range content {
		content[i] = byte(i >> 16)
	}
	if _, err := files.PutBytes(t.Context(), origin, "a", content, nil); err != nil {
		t.Fatal(err)
	}
	for range 60 {
		b, err := cache.New(origin, mem.New(nil), nil)
		if err != nil {
			t.Fatal(err)
		}
		got := offsets(make([]byte, len(content)))
		_, err = files.DownloadAt(t.Context(), b, "a", got, &files.DownloadAtOptions{
			PartSize:    cache.PartSize,
			Concurrency: 12,
		})
		if err != nil || !bytes.Equal(got, content) {
			t.Fatalf("DownloadAt: %v, want no error and the content", err)
		}
	}
}

// offsets is memory that is written at offsets.
type offsets []byte

func (o offsets) WriteAt(p []byte, off int64) (int, error) { return copy(o[off:], p), nil }
