package conformance_test

import (
	"context"

	"cloudfiles.dev/files"
)

var brokenCloses = []broken{
	{fault: "closes what other handles use", caught: []string{"X3/other-handles"},
		faulty: faulty{shut: func(m *mapBackend) { m.closed.Store(true) }}},
	{fault: "goes on after Close", caught: []string{"X3/use-after-close", "E2/precedence"},
		wrap: func(b files.Bucket) files.Bucket { return &undead{b} }},
	{fault: "changes the caller's options", caught: []string{"X3/options-untouched"},
		wrap: around(func(ctx context.Context, c *files.Call,
			next func(context.Context) error) error {
			if c.Get != nil {
				c.Get.SkipVerify = true
			}
			return next(ctx)
		})},
}

// undead can't be closed.
type undead struct{ files.Bucket }

func (*undead) Close() error { return nil }
