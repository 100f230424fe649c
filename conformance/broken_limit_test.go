package conformance_test

import (
	"context"
	"io"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

var brokenLimits = []broken{
	{
		fault:  "truncates a long header",
		caught: []string{"P7/header-limit"},
		faulty: faulty{put: func(
			ctx context.Context, req *driver.PutRequest, m *mapBackend,
		) (files.Info, error) {
			d := &req.Attributes.ContentDisposition
			*d = (*d)[:min(len(*d), 512)]
			return m.Put(ctx, req)
		}},
	},
	{
		fault:  "drops the attributes of large files if they are large in all",
		caught: []string{"P7/header-limit-in-parts"},
		faulty: faulty{put: func(
			ctx context.Context, req *driver.PutRequest, m *mapBackend,
		) (files.Info, error) {
			large := req.Size > 8<<20 || req.Size < 0
			if large && len(req.Attributes.ContentDisposition) > 255 {
				req.Attributes = files.Attributes{ContentType: req.Attributes.ContentType}
			}
			return m.Put(ctx, req)
		}},
	},
	{
		fault:  "accepts a header of any length and stores a part of it",
		caught: []string{"P7/header-limit"},
		wrap:   func(b files.Bucket) files.Bucket { return &cutting{b} },
	},
}

// cutting truncates headers that are too long.
type cutting struct{ files.Bucket }

func (c *cutting) Put(
	ctx context.Context, name string, r io.Reader, o *files.PutOptions,
) (files.Info, error) {
	if o != nil {
		fit := *o
		fit.CacheControl = fit.CacheControl[:min(len(fit.CacheControl), files.MaxHeader)]
		o = &fit
	}
	return c.Bucket.Put(ctx, name, r, o)
}
