package files_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/retry"
)

// TestEachOperationBeginsOnce: each operation begins once, its context reaches the
// bucket below and the other hooks, and Done may end it.
func TestEachOperationBeginsOnce(t *testing.T) {
	type key struct{}
	var begun, done []string
	below := files.Wrap(full(t), files.Hooks{
		Begin: func(ctx context.Context, c *files.Call) (context.Context, error) {
			if ctx.Value(key{}) == nil {
				t.Errorf("%s %s: the context did not come below", c.Op, c.Name)
			}
			return nil, nil // the context as it is
		},
	})
	b := files.Wrap(below, files.Hooks{
		Begin: func(ctx context.Context, c *files.Call) (context.Context, error) {
			begun = append(begun, fmt.Sprint(c.Op, " ", c.Name))
			ctx, cancel := context.WithCancel(context.WithValue(ctx, key{}, 1))
			c.State = cancel
			return ctx, nil
		},
		Done: func(ctx context.Context, c *files.Call, _ int64, err error) {
			if ctx.Value(key{}) == nil || ctx.Err() != nil {
				t.Errorf("%s %s: Done has another context, or one that has ended: %v", c.Op, c.Name,
					ctx.Err())
			}
			c.State.(context.CancelFunc)()
			done = append(done, fmt.Sprint(c.Op, " ", c.Name))
		},
	})
	for op, err := range operations(b) {
		if err != nil {
			t.Errorf("%s: %v, want no error", op, err)
		}
	}
	slices.Sort(begun)
	slices.Sort(done)
	if !slices.Equal(begun, done) || len(begun) < 12 {
		t.Errorf("begun %q, done %q", begun, done)
	}
}

// TestBeginRefuses: nothing is done, and Done is called with the error.
func TestBeginRefuses(t *testing.T) {
	store := full(t)
	before := contents(t, store)
	calls := 0
	refused := map[files.Op]error{}
	b := files.Wrap(files.Wrap(store, files.Hooks{
		Begin: func(ctx context.Context, _ *files.Call) (context.Context, error) {
			calls++
			return ctx, nil
		},
	}), files.Hooks{
		Begin: func(ctx context.Context, c *files.Call) (context.Context, error) {
			return nil, driver.Errorf(files.ErrUnavailable, "too many calls")
		},
		Done: func(_ context.Context, c *files.Call, _ int64, err error) { refused[c.Op] = err },
	})
	for op, err := range operations(b) {
		if op == files.OpCopy || op == files.OpMove || op == files.OpUpdate {
			op = files.OpStat // they begin with it or with a Get
		}
		if is(t, err, files.ErrUnavailable); refused[op] == nil && refused[files.OpGet] == nil {
			t.Errorf("%s did not end", op)
		}
	}
	if after := contents(t, store); calls != 0 || len(after) != len(before) {
		t.Errorf("%d calls came below, and %v became %v", calls, before, after)
	}
}

// TestPassedCountsBytes: Passed counts bytes while they are read and stored, for every
// way of reading, and its count is that of Done.
func TestPassedCountsBytes(t *testing.T) {
	var passed, calls int64
	var done []int64
	store := mem.New(nil)
	b := files.Wrap(store, files.Hooks{
		Passed: func(_ context.Context, c *files.Call, n int64) {
			passed += n
			calls++
		},
		Done: func(_ context.Context, c *files.Call, n int64, err error) {
			if c.Op == files.OpGet || c.Op == files.OpPut {
				done = append(done, n)
			}
		},
	})
	content := bytes.Repeat([]byte("0123456789abcdef"), 3<<16) // 3 MiB
	want := int64(len(content))
	check := func(what string) {
		t.Helper()
		if passed != want || len(done) != 1 || done[0] != want {
			t.Errorf("%s: %d bytes passed, Done has %d, want %d", what, passed, done, want)
		}
		if calls < 2 {
			t.Errorf("%s: %d calls, want at least 2", what, calls)
		}
		passed, calls, done = 0, 0, nil
	}
	for what, r := range map[string]io.Reader{
		"a Put from memory":   bytes.NewReader(content),
		"a Put of a string":   strings.NewReader(string(content)),
		"a Put of a stream":   struct{ io.Reader }{bytes.NewReader(content)},
		"a Put of a seekable": &rewound{bytes.NewReader(content)},
	} {
		if _, err := b.Put(ctx, "a", r, nil); err != nil {
			t.Fatal(err)
		}
		check(what)
	}
	get := func() *files.Reader {
		t.Helper()
		r, err := b.Get(ctx, "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		if passed != 0 || calls != 1 {
			t.Errorf("%d bytes passed before any was read", passed)
		}
		return r
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for what, read := range map[string]func(r *files.Reader) error{
		"ReadAll": func(r *files.Reader) error { _, err := r.ReadAll(); return err },
		"WriteTo": func(r *files.Reader) error { _, err := r.WriteTo(io.Discard); return err },
		"a file":  func(r *files.Reader) error { _, err := r.WriteTo(f); return err },
		"Read": func(r *files.Reader) error {
			_, err := io.Copy(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{r})
			return err
		},
		"Chunks": func(r *files.Reader) (err error) {
			for _, err = range r.Chunks(1 << 20) {
				if err != nil {
					break
				}
			}
			return err
		},
	} {
		r := get()
		if err := read(r); err != nil {
			t.Errorf("%s: read = %v, want no error", what, err)
		}
		r.Close()
		r.Close()
		check(what)
	}
	r := get()
	if _, err := r.ReadN(100); err != nil {
		t.Error(err)
	}
	r.Close()
	want = 100
	check("an early Close")
}

// rewound is content that can seek, without other methods.
type rewound struct{ io.ReadSeeker }

// TestPassedKeepsSizes: content that Passed counts arrives with its size, and a retry
// below can rewind it.
func TestPassedKeepsSizes(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	f.WriteString("some text")
	for what, content := range map[string]io.ReadSeeker{
		"a bytes.Reader":   bytes.NewReader([]byte("some text")),
		"a strings.Reader": strings.NewReader("some text"),
		"a file":           f,
	} {
		content.Seek(0, io.SeekStart)
		store := &sized{Backend: driver.Unwrap(mem.New(nil)), fail: 1}
		var passed int64
		passes := func(_ context.Context, _ *files.Call, n int64) { passed += n }
		lower := files.Wrap(driver.New(store), files.Hooks{
			Passed: passes,
			Features: func(f files.Features) files.Features {
				f.MaxSize = 1 << 20 // which has the wrapper count the content
				return f
			},
		})
		b := files.Wrap(retry.Wrap(lower, &retry.Policy{Delay: 1}), files.Hooks{Passed: passes})
		if _, err := b.Put(ctx, "a.txt", content, nil); err != nil {
			t.Errorf("%s: Put = %v, want no error", what, err)
		}
		has(t, driver.New(store), "a.txt", "some text")
		if !slices.Equal(store.sizes, []int64{9, 9}) || passed != 2*(4+9) {
			t.Errorf("%s: sizes %v, %d bytes passed", what, store.sizes, passed)
		}
	}
}

// sized is a bucket that fails the first Puts in the middle of their content, and notes
// the sizes.
type sized struct {
	driver.Backend
	fail  int
	sizes []int64
}

func (s *sized) Put(ctx context.Context, req *driver.PutRequest) (files.Info, error) {
	s.sizes = append(s.sizes, req.Size)
	if s.fail--; s.fail >= 0 {
		io.ReadFull(req.Content, make([]byte, 4))
		return files.Info{}, driver.Errorf(files.ErrUnavailable, "the connection broke")
	}
	return s.Backend.Put(ctx, req)
}

// TestPassedPanics: a panic of the hook reaches the caller, and nothing stays locked.
func TestPassedPanics(t *testing.T) {
	store := mem.New(nil)
	put(t, store, "a", "text")
	var ended []error
	b := files.Wrap(store, files.Hooks{
		Passed: func(_ context.Context, _ *files.Call, n int64) {
			if n > 0 {
				panic("the hook's")
			}
		},
		Done: func(_ context.Context, _ *files.Call, _ int64, err error) {
			ended = append(ended, err)
		},
	})
	panics := func(f func()) (v any) {
		defer func() { v = recover() }()
		f()
		return nil
	}
	if v := panics(func() { files.PutString(ctx, b, "b", "text", nil) }); v != "the hook's" {
		t.Errorf(`Put: %v, want "the hook's"`, v)
	}
	missing(t, store, "b")
	r, err := b.Get(ctx, "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	if v := panics(func() { r.ReadAll() }); v != "the hook's" {
		t.Errorf(`Read: %v, want "the hook's"`, v)
	}
	if r.Close(); len(ended) != 2 || ended[0] == nil || ended[1] == nil ||
		errors.Is(ended[1], io.EOF) {
		t.Errorf("ended with %v", ended)
	}
	has(t, store, "a", "text")
}

// TestLayersAllocate: how many allocations a layer adds to a Get of 1 KiB. A layer
// without hooks adds none, one with Begin, Passed and Done adds its Call, and one with
// Around adds one more.
func TestLayersAllocate(t *testing.T) {
	store := mem.New(nil)
	for _, name := range []string{"a/k", "s/a/k"} {
		if _, err := files.PutBytes(ctx, store, name, make([]byte, 1024), nil); err != nil {
			t.Fatal(err)
		}
	}
	count := func(b files.Bucket) int {
		buf := make([]byte, 2048)
		return int(testing.AllocsPerRun(100, func() {
			r, err := b.Get(ctx, "a/k", nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(r, buf[:1024]); err != nil {
				t.Fatal(err)
			}
			r.Close()
		}))
	}
	sub, err := files.Sub(store, "s")
	if err != nil {
		t.Fatal(err)
	}
	bare := count(store)
	for _, c := range []struct {
		what string
		most int
		b    files.Bucket
	}{
		{"no hooks", 0, files.Wrap(store, files.Hooks{})},
		{"Sub", 1, sub}, // the name
		{"ReadOnly", 2, files.ReadOnly(store)},
		{"retry", 2, retry.Wrap(store, retry.New())},
		{"Begin, Passed, Done", 1, files.Wrap(store, files.Hooks{
			Begin: func(ctx context.Context, _ *files.Call) (context.Context, error) {
				return ctx, nil
			},
			Passed: func(context.Context, *files.Call, int64) {},
			Done:   func(context.Context, *files.Call, int64, error) {},
		})},
	} {
		if n := count(c.b) - bare; n > c.most {
			t.Errorf("%s: %d allocations more than the %d of the bare bucket, want at most %d",
				c.what, n, bare, c.most)
		}
	}
}
