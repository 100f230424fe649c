package conformance_test

import (
	"context"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

var brokenDeletes = []broken{
	{
		fault:  "leaves a name of a bulk delete out, and says nothing of it",
		caught: []string{"D3/answers", "D3/many"},
		wrap:   func(b files.Bucket) files.Bucket { return &skipping{b} },
	},
	{
		fault:  "answers a bulk delete with its failures alone",
		caught: []string{"D3/answers", "D3/many"},
		wrap:   func(b files.Bucket) files.Bucket { return &curt{b} },
	},
}

// skipping leaves the second name out.
type skipping struct{ files.Bucket }

func (b *skipping) DeleteMany(ctx context.Context, names []string) []error {
	return driver.EachName(ctx, names, func(ctx context.Context, name string) error {
		if len(names) > 1 && name == names[len(names)-2] {
			return nil
		}
		return b.Delete(ctx, name, nil)
	})
}

// curt answers with failures alone.
type curt struct{ files.Bucket }

func (b *curt) DeleteMany(ctx context.Context, names []string) (failed []error) {
	for _, name := range names {
		if err := b.Delete(ctx, name, nil); err != nil {
			failed = append(failed, err)
		}
	}
	return failed
}
