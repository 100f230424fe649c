package conformance_test

import (
	"context"
	"io"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

var brokenLimits = []broken{
	{
		fault:  "cuts a long header",
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
		fault:  "drops attributes that are large in all, of large files",
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
		fault:  "takes a header of any length and keeps as much as it can",
		caught: []string{"P7/header-limit"},
		wrap:   func(b files.Bucket) files.Bucket { return &cutting{b} },
	},
}

// cutting makes headers fit that are too long.
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
