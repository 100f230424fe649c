package main

import (
	"context"
	"io"

	"github.com/go-kit/log"
	"github.com/thanos-io/objstore"
	thanoss3 "github.com/thanos-io/objstore/providers/s3"
)

var thanosPeer = peer{
	name:    "thanos objstore",
	service: "s3",
	module:  "github.com/thanos-io/objstore",
	open:    openThanos,
}

// thanos is a client of the object storage library of Thanos.
type thanos struct{ b objstore.Bucket }

func openThanos(_ context.Context, t target) (client, error) {
	conf := thanoss3.DefaultConfig
	conf.Bucket, conf.Endpoint, conf.Region = t.Bucket, t.host(), t.Region
	conf.AccessKey, conf.SecretKey, conf.Insecure = t.AccessKey, t.SecretKey, true
	conf.BucketLookupType = thanoss3.PathLookup
	b, err := thanoss3.NewBucketWithConfig(log.NewNopLogger(), conf, "bench", nil)
	return thanos{b}, err
}

func (c thanos) put(ctx context.Context, name string, content io.ReadSeeker, _ int64) error {
	return c.b.Upload(ctx, name, content)
}

func (c thanos) get(ctx context.Context, name string, w io.Writer) error {
	r, err := c.b.Get(ctx, name)
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(w, r)
	return err
}

func (c thanos) getAt(ctx context.Context, name string, w io.WriterAt, _ int64) error {
	return c.get(ctx, name, &inOrder{w: w})
}

func (c thanos) stat(ctx context.Context, name string) error {
	_, err := c.b.Attributes(ctx, name)
	return err
}

func (c thanos) del(ctx context.Context, name string) error { return c.b.Delete(ctx, name) }

func (c thanos) list(ctx context.Context, dir string, _ int) (n int, err error) {
	err = c.b.IterWithAttributes(ctx, dir+"/", func(objstore.IterObjectAttributes) error {
		n++
		return nil
	}, objstore.WithRecursiveIter(), objstore.WithUpdatedAt())
	return n, err
}
