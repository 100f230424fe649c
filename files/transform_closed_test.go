package files_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestTransformPartsEndWithTheBody: when the plain body is closed, the open parts of
// the stored file are closed as well, and the get function of Open leaves no other part
// open.
func TestTransformPartsEndWithTheBody(t *testing.T) {
	var get func(context.Context, files.Range) (*files.Reader, error)
	var part *files.Reader
	below, open := openBodies(mem.New(nil))
	b := files.Wrap(below, files.Hooks{Transform: &files.Transform{
		Put: func(_ context.Context, _ *files.Call, plain io.Reader, size int64,
			_ *files.PutOptions) (io.Reader, int64, error) {
			return plain, size, nil
		},
		Open: func(ctx context.Context, _ *files.Call, r files.Range,
			g func(context.Context, files.Range) (*files.Reader, error)) (files.Info,
			io.Reader, error) {
			var err error
			if part, err = g(ctx, r); err != nil {
				return files.Info{}, nil, err
			}
			get = g
			return part.Info(), part, nil
		},
		Info: func(_ *files.Call, i files.Info) (files.Info, error) { return i, nil },
	}})
	if _, err := files.PutBytes(t.Context(), b, "a", []byte("content"), nil); err != nil {
		t.Fatal(err)
	}
	r, err := b.Get(t.Context(), "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	if more, err := get(t.Context(), files.Bytes(0, 3)); err != nil {
		t.Errorf("a part, while the body is open: %v", err)
	} else if s, err := more.ReadString(); s != "con" || err != nil {
		t.Errorf("a part, while the body is open: %q, %v", s, err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := part.Read(make([]byte, 1)); !errors.Is(err, files.ErrClosed) {
		t.Errorf("reading a part after Close: %v, want ErrClosed", err)
	}
	if _, err := get(t.Context(), files.Range{}); !errors.Is(err, files.ErrClosed) {
		t.Errorf("another part after Close: %v, want ErrClosed", err)
	}
	if n := open.Load(); n != 0 {
		t.Errorf("%d parts are open after Close, want none", n)
	}
}
