package files

import (
	"bytes"
	"context"
	"strings"
)

// PutString stores a text. Its options and errors are those of Put.
func PutString(ctx context.Context, b Bucket, name, text string, opts *PutOptions) (Info, error) {
	ctx, b = given(ctx, b)
	return b.Put(ctx, name, strings.NewReader(text), withSize(opts, int64(len(text))))
}

// PutBytes stores bytes, which the caller may change as soon as it returns. Its options
// and errors are those of Put.
func PutBytes(ctx context.Context, b Bucket, name string, content []byte,
	opts *PutOptions) (Info, error) {
	ctx, b = given(ctx, b)
	return b.Put(ctx, name, bytes.NewReader(content), withSize(opts, int64(len(content))))
}

// withSize returns options that declare the size, unless the caller has declared one.
func withSize(opts *PutOptions, size int64) *PutOptions {
	o := &struct {
		PutOptions
		size int64
	}{size: size} // one allocation
	if opts != nil {
		o.PutOptions = *opts
	}
	if o.Size == nil {
		o.Size = &o.size
	}
	return &o.PutOptions
}
