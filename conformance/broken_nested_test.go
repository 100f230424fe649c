package conformance_test

import (
	"context"
	"errors"
	"sync/atomic"

	"cloudfiles.dev/files"
)

// hooked is the fault that calls are changed on their way to the bucket of an inner
// root.
func hooked(around func(ctx context.Context, c *files.Call,
	next func(context.Context) error) error) func(files.Bucket) files.Bucket {
	return func(b files.Bucket) files.Bucket {
		return files.Wrap(b, files.Hooks{Around: around})
	}
}

var brokenNested = []broken{
	{
		fault:  "checks conditions before the write in the inner of two roots",
		caught: []string{"X1/nested-roots"},
		root: func(b files.Bucket) files.Bucket {
			return hooked(func(
				ctx context.Context, c *files.Call, next func(context.Context) error,
			) error {
				if c.Op == files.OpPut && c.Put != nil && c.Put.If.Absent() {
					if ok, err := files.Exists(ctx, b, c.Name); err != nil || ok {
						return errors.Join(err, files.ErrExist)
					}
					opts := *c.Put
					opts.If, c.Put = files.Condition{}, &opts
				}
				return next(ctx)
			})(b)
		},
	},
	{
		fault:  "loses the inner of two roots once the outer one deleted its last file",
		caught: []string{"X1/nested-roots"},
		root: func(b files.Bucket) files.Bucket {
			var lost atomic.Bool
			return hooked(func(
				ctx context.Context, c *files.Call, next func(context.Context) error,
			) error {
				if c.Op == files.OpList {
					lost.Store(true)
				}
				if c.Op == files.OpPut && lost.Load() {
					return files.ErrNoBucket
				}
				return next(ctx)
			})(b)
		},
	},
}
