package conformance_test

import (
	"context"
	"io"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

var brokenNames = []broken{
	{
		fault:  "can't hold a file and a directory of one name",
		caught: []string{"N3/file-after-dir", "N3/dir-beside-file", "N3/chain"},
		faulty: early(func(req *driver.PutRequest, m *mapBackend) error {
			for range m.List(context.Background(), driver.ListRequest{Prefix: req.Name + "/"}) {
				return driver.Errorf(files.ErrInvalid, "is a directory")
			}
			return nil
		}),
	},
	{fault: "claims longer names than it takes", caught: []string{"N1/longest"},
		faulty: early(func(req *driver.PutRequest, _ *mapBackend) error {
			if len(req.Name) > 1000 {
				return driver.Errorf(files.ErrInvalidName, "too long")
			}
			return nil
		})},
	{fault: "takes any name", caught: []string{"N1/illegal", "N1/before-io", "N1/says-what"},
		wrap: func(b files.Bucket) files.Bucket { return &lax{b} }},
	{fault: "takes a link for a file", caught: []string{"N5/link"}, links: true},
}

// lax makes illegal names legal.
type lax struct{ files.Bucket }

func (l *lax) legal(name string) string {
	if files.CheckName(name) == nil {
		return name
	}
	return "x" + files.SafeName(name)
}

func (l *lax) Put(ctx context.Context, name string, r io.Reader,
	o *files.PutOptions) (files.Info, error) {
	return l.Bucket.Put(ctx, l.legal(name), r, o)
}

func (l *lax) Stat(ctx context.Context, name string, o *files.StatOptions) (files.Info, error) {
	return l.Bucket.Stat(ctx, l.legal(name), o)
}
