package files_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestAroundDefersCancel: a deferred cancel, the usual way to set a timeout, ends
// neither the body nor the listing.
func TestAroundDefersCancel(t *testing.T) {
	b := around(tree(t),
		func(ctx context.Context, _ *files.Call, next func(context.Context) error) error {
			ctx, cancel := context.WithTimeout(ctx, time.Hour)
			defer cancel()
			return next(ctx)
		})
	put(t, b, "big", strings.Repeat("x", 3<<20))
	has(t, b, "big", strings.Repeat("x", 3<<20))
	n := 0
	for _, err := range b.List(ctx, "", nil) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n == 0 {
		t.Error("nothing is listed")
	}
	// The caller's own context still ends both.
	mine, cancel := context.WithCancel(ctx)
	defer cancel()
	r, err := b.Get(mine, "big", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, err := range b.List(mine, "", nil) {
		if err != nil {
			is(t, err, context.Canceled)
			break
		}
		cancel()
	}
	_, err = r.ReadAll()
	is(t, err, context.Canceled)
}

// TestAroundDeadlineHolds: a deadline that is not cancelled still holds.
func TestAroundDeadlineHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := mem.New(nil)
		put(t, inner, "a", "text")
		b := around(inner,
			func(ctx context.Context, _ *files.Call, next func(context.Context) error) error {
				ctx, cancel := context.WithTimeout(ctx, time.Hour)
				context.AfterFunc(ctx, cancel)
				return next(ctx)
			})
		r, err := b.Get(ctx, "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if _, err := r.ReadN(1); err != nil {
			t.Error(err)
		}
		time.Sleep(2 * time.Hour)
		_, err = r.ReadN(1)
		is(t, err, context.DeadlineExceeded)
		if errors.Is(err, context.Canceled) {
			t.Error("a deadline looks like a cancellation")
		}
	})
}

// TestAroundWithItsOwnContext: a Get that fails under a context of the hook's own returns
// its error.
func TestAroundWithItsOwnContext(t *testing.T) {
	b := around(mem.New(nil), func(ctx context.Context, _ *files.Call,
		next func(context.Context) error) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		return next(ctx)
	})
	if r, err := b.Get(ctx, "missing", nil); r != nil || !errors.Is(err, files.ErrNotExist) {
		t.Errorf("Get = %v, %v, want ErrNotExist", r, err)
	}
}

// TestAroundHedges: next may be called several times at once; one result counts, and no
// body stays open.
func TestAroundHedges(t *testing.T) {
	const calls = 4
	var mu sync.Mutex
	open := 0
	inner := files.Wrap(tree(t), files.Hooks{
		Body: func(_ context.Context, _ *files.Call, body io.Reader) io.Reader {
			mu.Lock()
			defer mu.Unlock()
			open++
			return &closing{body, func() { mu.Lock(); open--; mu.Unlock() }}
		},
	})
	put(t, inner, "big", strings.Repeat("x", 1<<20))
	for _, first := range []bool{false, true} {
		var late sync.WaitGroup
		b := around(inner,
			func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
				if c.Op.Writes() || c.Op == files.OpList {
					return next(ctx)
				}
				ctx, cancel := context.WithCancel(ctx)
				defer cancel()
				errs := make(chan error, calls)
				for range calls {
					late.Go(func() { errs <- next(ctx) })
				}
				if first {
					return <-errs
				}
				var won error = files.ErrUnavailable
				for range calls {
					if err := <-errs; err == nil {
						won = nil
					}
				}
				return won
			})
		for range 50 {
			r, err := b.Get(ctx, "big", nil)
			if err != nil && !errors.Is(err, files.ErrClosed) {
				t.Fatalf("Get = %v", err)
			}
			if err == nil {
				p, err := r.ReadAll()
				if len(p) != 1<<20 || err != nil {
					t.Fatalf("%d bytes, %v, want 1<<20 and no error", len(p), err)
				}
			}
			r.Close()
			late.Wait()
			if _, err := b.Stat(ctx, "big", nil); err != nil && !errors.Is(err, files.ErrClosed) {
				t.Fatalf("Stat = %v", err)
			}
			late.Wait()
		}
		if open != 0 {
			t.Errorf("%d bodies are open, want 0", open)
		}
	}
}

// closing is a reader whose Close returns nothing, as a decoder's.
type closing struct {
	io.Reader
	closed func()
}

func (c *closing) Close() { c.closed() }

func TestSigningIsAnsweredAndReplaced(t *testing.T) {
	claim := func(f files.Features) files.Features { f.SignGet, f.SignPut = true, true; return f }
	own := files.Wrap(mem.New(nil), files.Hooks{
		Features: claim,
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if c.Op == files.OpSignGet {
				c.Signed = files.SignedURL{Method: "GET", URL: "https://own.example/" + c.Name}
				return nil
			}
			return next(ctx)
		},
	})
	if s, err := files.SignURL(ctx, own, "a", nil); s.URL != "https://own.example/a" || err != nil {
		t.Errorf(`SignURL = %v, %v, want URL "https://own.example/a" and no error`, s, err)
	}
	_, err := files.SignURL(ctx, own, "a", &files.SignOptions{Method: "PUT"})
	is(t, err, files.ErrUnsupported)
	cdn := around(signing{mem.New(nil)},
		func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			err := next(ctx)
			c.Signed.URL = "https://cdn.example/?was=" + c.Signed.URL
			return err
		})
	s, err := files.SignURL(ctx, cdn, "a", &files.SignOptions{})
	if !strings.HasPrefix(s.URL, "https://cdn.example/?was=") || len(s.URL) < 30 || err != nil {
		t.Errorf("SignURL = %v, %v", s, err)
	}
}

// TestMaskedSource: a copy from a wrapper copies no more than the wrapper shows.
func TestMaskedSource(t *testing.T) {
	store := mem.New(nil)
	_, err := files.PutString(ctx, store, "a", "x", &files.PutOptions{
		Attributes: files.Attributes{Metadata: map[string]string{"k": "v"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	masked := files.Wrap(store, files.Hooks{Features: func(f files.Features) files.Features {
		f.Attributes, f.ReadConditions = false, false
		return f
	}})
	info, err := files.Copy(ctx, store, "b", masked, "a", nil)
	if err != nil || len(info.Metadata) != 0 {
		t.Errorf("Copy = %v, %v, want no error and len(info.Metadata) 0", info.Metadata, err)
	}
	if info, err := store.Stat(ctx, "b", nil); err != nil || len(info.Metadata) != 0 {
		t.Errorf("Stat = %v, %v, want no error and len(info.Metadata) 0", info.Metadata, err)
	}
	_, err = files.Copy(ctx, store, "c", masked, "a", &files.CopyOptions{IfSource: "v"})
	is(t, err, files.ErrUnsupported)
	missing(t, store, "c")
	limited := fixed(func(f *files.Features) { f.MaxSize, f.MaxUnknownSize = 10, 5 })
	for _, n := range []int{5, 6, 10, 11} {
		content := bytes.Repeat([]byte("x"), n)
		_, err := files.PutBytes(ctx, limited, "declared", content, nil)
		if (n > 10) != errors.Is(err, files.ErrTooLarge) || n <= 10 && err != nil {
			t.Errorf("%d declared bytes: %v", n, err)
		}
		for what, r := range map[string]io.Reader{
			"stream": struct{ io.Reader }{bytes.NewReader(content)},
			"memory": bytes.NewReader(content),
		} {
			_, err := limited.Put(ctx, "unknown", r, nil)
			if (n > 5) != errors.Is(err, files.ErrTooLarge) || n <= 5 && err != nil {
				t.Errorf("%d bytes of a %s: %v", n, what, err)
			}
		}
	}
}
