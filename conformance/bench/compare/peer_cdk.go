package main

import (
	"context"
	"errors"
	"io"

	"gocloud.dev/blob"
)

// cdk is a client of the Go CDK, for any service.
type cdk struct{ b *blob.Bucket }

func (c cdk) put(ctx context.Context, name string, content io.ReadSeeker, _ int64) error {
	return c.b.Upload(ctx, name, content, &blob.WriterOptions{ContentType: octetStream})
}

func (c cdk) get(ctx context.Context, name string, w io.Writer) error {
	r, err := c.b.NewReader(ctx, name, nil)
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(w, r)
	return err
}

func (c cdk) getAt(ctx context.Context, name string, w io.WriterAt, _ int64) error {
	return c.get(ctx, name, &inOrder{w: w})
}

func (c cdk) stat(ctx context.Context, name string) error {
	_, err := c.b.Attributes(ctx, name)
	return err
}

func (c cdk) del(ctx context.Context, name string) error { return c.b.Delete(ctx, name) }

func (c cdk) list(ctx context.Context, dir string, _ int) (n int, err error) {
	for it := c.b.List(&blob.ListOptions{Prefix: dir + "/"}); ; n++ {
		if _, err := it.Next(ctx); errors.Is(err, io.EOF) {
			return n, nil
		} else if err != nil {
			return n, err
		}
	}
}

// octetStream is the content type for peers that would otherwise choose one by the
// content or by the name's extension, so that no peer does more than the others.
const octetStream = "application/octet-stream"
