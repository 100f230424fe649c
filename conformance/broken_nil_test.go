package conformance_test

import (
	"context"
	"io"
	"reflect"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

var brokenNils = []broken{
	{
		fault:  "panics for a nil context",
		caught: []string{"E2/nil-context"},
		wrap:   func(b files.Bucket) files.Bucket { return &trusting{b} },
	},
	{
		fault:  "accepts a nil context",
		caught: []string{"E2/nil-context"},
		wrap:   func(b files.Bucket) files.Bucket { return &lenient{b} },
	},
	{
		fault:  "stores an empty file if the content is a nil pointer",
		caught: []string{"P12/typed-nil"},
		wrap:   func(b files.Bucket) files.Bucket { return &emptying{b} },
	},
	{
		fault:  "panics if the content is a nil pointer",
		caught: []string{"P12/typed-nil"},
		wrap:   func(b files.Bucket) files.Bucket { return &peeking{b} },
	},
}

// trusting uses the context before it checks for nil.
type trusting struct{ files.Bucket }

func (b *trusting) Stat(
	ctx context.Context, name string, o *files.StatOptions,
) (files.Info, error) {
	if err := ctx.Err(); err != nil {
		return files.Info{}, driver.NewError(files.OpStat, name, err)
	}
	return b.Bucket.Stat(ctx, name, o)
}

// lenient makes a context if there is none.
type lenient struct{ files.Bucket }

func (b *lenient) Delete(ctx context.Context, name string, o *files.DeleteOptions) error {
	if ctx == nil {
		ctx = context.Background()
	}
	return b.Bucket.Delete(ctx, name, o)
}

// emptying stores nothing under the name if a pointer is nil.
type emptying struct{ files.Bucket }

func (b *emptying) Put(
	ctx context.Context, name string, r io.Reader, o *files.PutOptions,
) (files.Info, error) {
	if v := reflect.ValueOf(r); v.IsValid() && v.Kind() == reflect.Pointer && v.IsNil() {
		r = strings.NewReader("")
	}
	return b.Bucket.Put(ctx, name, r, o)
}

// peeking reads ahead.
type peeking struct{ files.Bucket }

func (b *peeking) Put(
	ctx context.Context, name string, r io.Reader, o *files.PutOptions,
) (files.Info, error) {
	if l, ok := r.(interface{ Len() int }); ok && l.Len() == 0 {
		r = strings.NewReader("")
	}
	return b.Bucket.Put(ctx, name, r, o)
}
