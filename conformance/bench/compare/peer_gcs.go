package main

import (
	"context"
	"errors"
	"io"
	"net/http"

	"cloud.google.com/go/storage"
	"gocloud.dev/blob/gcsblob"
	"gocloud.dev/gcp"
	"google.golang.org/api/iterator"
	"google.golang.org/api/option"
)

var gcsPeers = []peer{
	{
		name:    "cloudfiles",
		service: "gcs",
		open:    openUs,
	},
	{
		name:    "Go CDK",
		service: "gcs",
		module:  "gocloud.dev",
		open: func(ctx context.Context, t target) (client, error) {
			anonymous := gcp.NewAnonymousHTTPClient(http.DefaultTransport)
			b, err := gcsblob.OpenBucket(ctx, anonymous, t.Bucket, nil)
			return cdk{b}, err
		},
	},
	{
		name:    "GCS SDK",
		service: "gcs",
		module:  "cloud.google.com/go/storage",
		open: func(ctx context.Context, t target) (client, error) {
			c, err := storage.NewClient(ctx, option.WithoutAuthentication())
			if err != nil {
				return nil, err
			}
			return gcsClient{c.Bucket(t.Bucket)}, nil
		},
	},
}

// gcsClient is a client of Google's SDK, which reads STORAGE_EMULATOR_HOST by itself.
type gcsClient struct{ b *storage.BucketHandle }

func (c gcsClient) put(ctx context.Context, name string, content io.ReadSeeker, _ int64) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // aborts the upload if Close was not reached
	w := c.b.Object(name).NewWriter(ctx)
	w.ContentType = octetStream
	if _, err := io.Copy(w, content); err != nil {
		return err
	}
	return w.Close()
}

func (c gcsClient) get(ctx context.Context, name string, w io.Writer) error {
	r, err := c.b.Object(name).NewReader(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(w, r)
	return err
}

func (c gcsClient) getAt(ctx context.Context, name string, w io.WriterAt, _ int64) error {
	return c.get(ctx, name, &inOrder{w: w})
}

func (c gcsClient) stat(ctx context.Context, name string) error {
	_, err := c.b.Object(name).Attrs(ctx)
	return err
}

func (c gcsClient) del(ctx context.Context, name string) error {
	return c.b.Object(name).Delete(ctx)
}

func (c gcsClient) list(ctx context.Context, dir string, _ int) (n int, err error) {
	for it := c.b.Objects(ctx, &storage.Query{Prefix: dir + "/"}); ; n++ {
		if _, err := it.Next(); errors.Is(err, iterator.Done) {
			return n, nil
		} else if err != nil {
			return n, err
		}
	}
}
