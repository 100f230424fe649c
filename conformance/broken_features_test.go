package conformance_test

import (
	"context"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

var brokenFeatures = []broken{
	{fault: "claims what it doesn't do", caught: []string{"P8/creates-once", "P8/race"},
		faulty: early(func(req *driver.PutRequest, _ *mapBackend) error {
			if req.If.Absent() {
				req.If = files.Condition{}
			}
			return nil
		})},
	{
		fault: "does what it doesn't claim",
		caught: []string{
			"P8/creates-once", "P9/stale", "D2/stale", "G8/not-modified", "P7/headers",
			"V1/opaque-text",
		},
		wrap: reporting(func(f *files.Features) {
			f.IfAbsent, f.IfVersion, f.DeleteIfVersion = false, false, false
			f.ReadConditions, f.Attributes, f.Versions = false, false, false
		}),
	},
	{
		fault:  "accepts a content type that it doesn't store",
		caught: []string{"P6/given"},
		faulty: faulty{
			features: func(f *files.Features) { f.Attributes = false },
			put: func(ctx context.Context, req *driver.PutRequest,
				m *mapBackend) (files.Info, error) {
				lost := *req
				lost.Attributes.ContentType = driver.ContentType(req.Name, nil)
				return m.Put(ctx, &lost)
			},
		},
	},
	{
		fault:  "takes more than MaxSize",
		caught: []string{"P11/limit"},
		wrap:   reporting(func(f *files.Features) { f.MaxSize = 1 << 20 }),
	},
	{
		fault:  "takes more than MaxUnknownSize",
		caught: []string{"P11/unknown-limit"},
		wrap:   reporting(func(f *files.Features) { f.MaxUnknownSize = 1 << 20 }),
	},
}

// reporting is the fault that the bucket reports other features than it has. It is above the
// driver, which would keep to them.
func reporting(change func(*files.Features)) func(files.Bucket) files.Bucket {
	return func(b files.Bucket) files.Bucket { return &misreporting{b, change} }
}

// misreporting reports other features than it has. A wrapper made by Wrap would keep to
// them.
type misreporting struct {
	files.Bucket
	change func(*files.Features)
}

func (b *misreporting) Features() files.Features {
	f := b.Bucket.Features()
	b.change(&f)
	return f
}
