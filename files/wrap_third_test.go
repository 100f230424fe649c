package files_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// bare is a bucket of another program: no optional ability, no MaxName, and a type that
// can't be compared.
type bare struct {
	b files.Bucket
	_ []func()
}

func (x bare) Put(ctx context.Context, name string, r io.Reader,
	o *files.PutOptions) (files.Info, error) {
	return x.b.Put(ctx, name, r, o)
}
func (x bare) Get(ctx context.Context, name string, o *files.GetOptions) (*files.Reader, error) {
	return x.b.Get(ctx, name, o)
}
func (x bare) Stat(ctx context.Context, name string, o *files.StatOptions) (files.Info, error) {
	return x.b.Stat(ctx, name, o)
}
func (x bare) List(ctx context.Context, dir string,
	o *files.ListOptions) iter.Seq2[files.Entry, error] {
	return x.b.List(ctx, dir, o)
}
func (x bare) Delete(ctx context.Context, name string, o *files.DeleteOptions) error {
	return x.b.Delete(ctx, name, o)
}
func (x bare) Features() files.Features {
	f := x.b.Features()
	f.MaxName, f.ServerCopy = 0, false
	return f
}
func (x bare) Close() error { return nil }

func TestThirdPartysBucket(t *testing.T) {
	inner := full(t)
	b := bare{b: inner}
	for _, b := range []files.Bucket{b, files.Wrap(b, files.Hooks{})} {
		for op, err := range operations(b) {
			if err != nil && !errors.Is(err, files.ErrUnsupported) {
				t.Errorf("%s of a third party's bucket: %v, want no error or ErrUnsupported",
					op, err)
			}
		}
		for _, n := range []string{"a", "b", "c", "d"} {
			put(t, inner, n, "again")
		}
	}
	sub, err := files.Sub(b, "tenant")
	if err != nil {
		t.Fatal(err)
	}
	put(t, sub, "x", "1")
	has(t, inner, "tenant/x", "1")
	if max := sub.Features().MaxName; max != files.MaxName-len("tenant/") {
		t.Error("MaxName is", max)
	}
	_, err = files.PutString(ctx, sub, strings.Repeat("n", files.MaxName-6), "", nil)
	is(t, err, files.ErrInvalidName)
}
