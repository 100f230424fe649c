package files_test

import (
	"context"
	"errors"
	"io"
	"os"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

func TestWrapContentAndBody(t *testing.T) {
	inner := mem.New(nil)
	rot := func(r io.Reader) io.Reader {
		return readerFunc(func(p []byte) (int, error) {
			n, err := r.Read(p)
			for i := range p[:n] {
				p[i] ^= 1
			}
			return n, err
		})
	}
	b := files.Wrap(inner, files.Hooks{
		Content: func(_ context.Context, _ *files.Call, r io.Reader) io.Reader { return rot(r) },
		Body:    func(_ context.Context, _ *files.Call, r io.Reader) io.Reader { return rot(r) },
	})
	put(t, b, "a", "abc")
	has(t, inner, "a", "`cb")
	if got, err := files.ReadString(ctx, b, "a",
		&files.ReadOptions{GetOptions: files.GetOptions{SkipVerify: true}}); got != "abc" ||
		err != nil {
		t.Errorf(`ReadString = %q, %v, want "abc" and no error`, got, err)
	}
	if _, err := files.Copy(ctx, b, "b", b, "a",
		&files.CopyOptions{}); err != nil && !errors.Is(err, files.ErrCorrupt) {
		t.Errorf("Copy = %v", err) // streaming: through both hooks, or stopped by the digest
	}
	for _, h := range []files.Hooks{
		{Content: func(_ context.Context, _ *files.Call, r io.Reader) io.Reader { return r }},
		{Body: func(_ context.Context, _ *files.Call, r io.Reader) io.Reader { return r }},
	} {
		if f := files.Wrap(signing{inner},
			h).Features(); f.ServerCopy || f.SignGet || f.SignPut || f.SignDelete {
			t.Error("server-side copies and signed URLs would bypass the hooks, and are claimed")
		}
	}
	_, err := files.SignURL(ctx, files.Wrap(signing{inner}, files.Hooks{
		Body: func(_ context.Context, _ *files.Call, r io.Reader) io.Reader {
			return r
		},
	}), "a", nil)
	is(t, err, files.ErrUnsupported)
	// nil content stays nil.
	var f *os.File
	_, err = b.Put(ctx, "a", f, nil)
	is(t, err, files.ErrInvalid)
	_, err = b.Put(ctx, "a", nil, nil)
	is(t, err, files.ErrInvalid)
}
