package files_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// closes is a body that counts its Closes.
type closes struct {
	io.Reader
	n int
}

func (c *closes) Close() error { c.n++; return nil }

// TestOpenedByAround: a hook serves a Get by itself, and a body of the hook that isn't
// used is closed.
func TestOpenedByAround(t *testing.T) {
	var body *closes
	var fails error
	var below, panics bool
	done := 0
	b := files.Wrap(mem.New(nil), files.Hooks{
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if c.Op != files.OpGet {
				return next(ctx)
			}
			body = &closes{Reader: strings.NewReader("own")}
			c.Opened = driver.NewReader(ctx, driver.ReaderConfig{
				Name: "another",
				Info: files.Info{Entry: files.Entry{
					Name:    "another",
					Size:    3,
					Version: "v",
				}},
				Length: 3,
				Body:   body,
			})
			if panics {
				panic("of the hook")
			}
			if below {
				return next(ctx)
			}
			return fails
		},
		Done: func(_ context.Context, c *files.Call, n int64, err error) {
			if c.Op == files.OpGet {
				done++
			}
		},
	})
	r, err := b.Get(ctx, "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := r.ReadString()
	if i := r.Info(); text != "own" || err != nil || i.Name != "a" || i.Version != "v" {
		t.Errorf(`%q: Info = %+v, %v, want "own", no error, Name "a" and Version "v"`,
			text, i, err)
	}
	if r.Close(); body.n != 1 || done != 1 {
		t.Errorf("closed %d times, done %d times, want 1 and 1", body.n, done)
	}
	fails = files.ErrPermission
	if _, err := b.Get(ctx, "a", nil); !errors.Is(err, files.ErrPermission) || body.n != 1 {
		t.Errorf("%v, closed %d times, want ErrPermission and 1", err, body.n)
	}
	if _, err := files.PutString(ctx, b, "a", "that below", nil); err != nil {
		t.Fatal(err)
	}
	below = true
	if r, err = b.Get(ctx, "a", nil); err != nil {
		t.Fatal(err)
	}
	if text, err := r.ReadString(); text != "that below" || err != nil || body.n != 1 {
		t.Errorf(`%q, %v, closed %d times, want "that below", no error and 1`, text, err, body.n)
	}
	r.Close()
	panics = true
	func() {
		defer func() { recover() }()
		b.Get(ctx, "a", nil)
	}()
	if body.n != 1 || done != 4 {
		t.Errorf("after a panic: closed %d times, done %d times, want 1 and 4", body.n, done)
	}
}

// TestOnClose: OnClose is called once, before the bucket below is closed.
func TestOnClose(t *testing.T) {
	inner := mem.New(nil)
	n := 0
	failure := errors.New("the other one")
	b := files.Wrap(inner, files.Hooks{
		CloseInner: true,
		OnClose: func() error {
			if n++; files.Check(ctx, inner) != nil {
				t.Error("the bucket below is closed already")
			}
			return failure
		},
	})
	if err := b.Close(); !errors.Is(err, failure) {
		t.Errorf("Close = %v, want %v", err, failure)
	}
	if err := b.Close(); err != nil || n != 1 {
		t.Errorf("%v, called %d times, want no error and 1", err, n)
	}
	if err := files.Check(ctx, inner); !errors.Is(err, files.ErrClosed) {
		t.Errorf("the bucket below: %v, want ErrClosed", err)
	}
}
