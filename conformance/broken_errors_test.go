package conformance_test

import (
	"context"
	"errors"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

var brokenErrors = []broken{
	{
		fault:  "shows the service's response in an error",
		caught: []string{"E1/same-text"},
		faulty: faulty{
			open: func(ctx context.Context, req driver.OpenRequest,
				m *mapBackend) (driver.Object, error) {
				o, err := m.Open(ctx, req)
				if err == files.ErrNotExist {
					err = driver.Errorf(files.ErrNotExist, "the service answered 404 NoSuchKey")
				}
				return o, err
			},
		},
	},
	{
		fault:  "ignores unknown native options",
		caught: []string{"E2/unknown-native"},
		faulty: faulty{native: true, cp: soundCopy},
	},
	{fault: "loses the reader's own error", caught: []string{"E1/causes", "P2/reader-fails"},
		wrap: around(func(ctx context.Context, c *files.Call,
			next func(context.Context) error) error {
			err := next(ctx)
			if err != nil && files.KindOf(err) == nil && ctx.Err() == nil {
				return errors.New("upload failed")
			}
			return err
		})},
	{
		fault:  "refuses with the wrong sentinel",
		caught: []string{"P8/creates-once", "P8/race", "E1/has-op-and-name"},
		faulty: faulty{
			put: func(ctx context.Context, req *driver.PutRequest,
				m *mapBackend) (files.Info, error) {
				info, err := m.Put(ctx, req)
				if errors.Is(err, files.ErrExist) {
					err = files.ErrPrecondition
				}
				return info, err
			},
		},
	},
}
