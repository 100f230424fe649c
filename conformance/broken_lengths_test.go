package conformance_test

import (
	"bytes"
	"context"
	"io"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

var brokenLengths = []broken{
	{
		fault:  "allocates as much as the content's Len",
		caught: []string{"P10/boasted-size", "P12/wrong-len"},
		wrap:   func(b files.Bucket) files.Bucket { return &roomy{b} },
	},
	{
		fault:  "takes the end of a body for the end of the file",
		caught: []string{"G2/copied-from-a-liar"},
		wrap:   func(b files.Bucket) files.Bucket { return &partial{b} },
	},
}

// roomy allocates memory before the content has come.
type roomy struct{ files.Bucket }

func (b *roomy) Put(
	ctx context.Context, name string, r io.Reader, o *files.PutOptions,
) (files.Info, error) {
	n := -1
	if l, ok := r.(interface{ Len() int }); ok {
		n = l.Len()
	}
	if o != nil && o.Size != nil {
		n = int(*o.Size)
	}
	if n < 1<<20 && n >= 0 || n > 1<<60 { // sizes in between could be allocated
		buf := bytes.NewBuffer(make([]byte, 0, n))
		if _, err := buf.ReadFrom(r); err != nil {
			return files.Info{}, driver.NewError(files.OpPut, name, err)
		}
		r = buf
	}
	return b.Bucket.Put(ctx, name, r, o)
}

// partial stores the bytes that came before a body breaks.
type partial struct{ files.Bucket }

func (b *partial) Put(
	ctx context.Context, name string, r io.Reader, o *files.PutOptions,
) (files.Info, error) {
	if body, ok := r.(*files.Reader); ok {
		have, _ := io.ReadAll(body)
		r = bytes.NewReader(have)
	}
	return b.Bucket.Put(ctx, name, r, o)
}

// trustingReads is a wrapper that reads ahead as many bytes as the body reports.
type trustingReads struct{ files.Bucket }

func (b *trustingReads) Get(
	ctx context.Context, name string, o *files.GetOptions,
) (*files.Reader, error) {
	r, err := b.Bucket.Get(ctx, name, o)
	if err != nil || r.Len() > 1<<20 && r.Len() < 1<<60 {
		return r, err
	}
	defer r.Close()
	have := make([]byte, r.Len())
	n, _ := io.ReadFull(r, have)
	return driver.NewReader(ctx, driver.ReaderConfig{
		Name:   name,
		Info:   r.Info(),
		Offset: r.Offset(),
		Length: int64(n),
		Body:   io.NopCloser(bytes.NewReader(have[:n])),
	}), nil
}
