package driver_test

import (
	"context"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// elsewhere is a backend that reads content in a goroutine of its own, as SDKs do.
type elsewhere struct {
	driver.Backend
	failed error // what Put returned
}

func (e *elsewhere) Put(ctx context.Context, req *driver.PutRequest) (info files.Info, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		info, err = e.Backend.Put(ctx, req)
	}()
	<-done
	e.failed = err
	return info, err
}

// TestObserverPanics: so does a panic of a wrapper that counts what passes.
func TestObserverPanics(t *testing.T) {
	back := &elsewhere{Backend: driver.Unwrap(mem.New(nil))}
	b := files.Wrap(driver.New(back), files.Hooks{
		Passed: func(_ context.Context, c *files.Call, n int64) {
			if c.Op == files.OpPut && n > 0 {
				panic("boom")
			}
		},
	})
	func() {
		defer func() {
			if got := recover(); got != "boom" {
				t.Errorf(`Put panicked with %v, want "boom"`, got)
			}
		}()
		b.Put(t.Context(), "a.txt", strings.NewReader("content"), nil)
		t.Error("Put returned")
	}()
	if back.failed == nil {
		t.Error("the content ended without an error for the backend")
	}
	if ok, err := files.Exists(t.Context(), b, "a.txt"); ok || err != nil {
		t.Errorf("then it is there: %v, %v", ok, err)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

type panicking struct{ first *strings.Reader }

func (p panicking) Read(b []byte) (int, error) {
	if n, _ := p.first.Read(b); n > 0 {
		return n, nil
	}
	panic("boom")
}

// TestContentPanics: a panic of the content, in whatever goroutine it is read, reaches
// the caller once the backend has released everything. Nothing is stored, and the
// bucket still works.
func TestContentPanics(t *testing.T) {
	for _, begins := range []string{"", strings.Repeat("x", 100_000)} {
		back := &elsewhere{Backend: driver.Unwrap(mem.New(nil))}
		b := driver.New(back)
		if _, err := files.PutString(t.Context(), b, "a", "old", nil); err != nil {
			t.Fatal(err)
		}
		func() {
			defer func() {
				if got := recover(); got != "boom" {
					t.Errorf(`Put panicked with %v, want "boom"`, got)
				}
			}()
			b.Put(t.Context(), "a", panicking{strings.NewReader(begins)}, nil)
			t.Error("Put returned")
		}()
		if begins != "" && back.failed == nil {
			t.Error("the content ended without an error for the backend")
		}
		if got, err := files.ReadString(t.Context(), b, "a", nil); got != "old" || err != nil {
			t.Errorf(`then there is %q, %v, want "old" and no error`, got, err)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
}
