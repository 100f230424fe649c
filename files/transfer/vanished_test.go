package transfer_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/transfer"
)

// vanishing returns a bucket that is missing once gone is set. As on S3, a Stat then
// reports a missing file. Without versions of deletions, a Stat comes before a Delete.
func vanishing(b files.Bucket, gone *atomic.Bool) files.Bucket {
	return files.Wrap(b, files.Hooks{
		Features: func(f files.Features) files.Features {
			f.StatNoBucket, f.DeleteIfVersion = false, false
			return f
		},
		Around: func(ctx context.Context, c *files.Call,
			next func(context.Context) error) error {
			switch {
			case !gone.Load():
				return next(ctx)
			case c.Op == files.OpStat:
				return files.ErrNotExist
			}
			return files.ErrNoBucket
		},
	})
}

// TestBucketVanishes: a bucket that is missing is ErrNoBucket, also if its Stat can't tell.
// Its files don't count as deleted, and what was copied of a large one is kept (E3).
func TestBucketVanishes(t *testing.T) {
	var gone atomic.Bool
	inner := fine()
	put(t, inner, "a", "b")
	b := vanishing(inner, &gone)
	gone.Store(true)
	_, err := transfer.CopyFile(t.Context(), fine(), "a", b, "a", nil)
	is(t, err, files.ErrNoBucket)

	gone.Store(false)
	src := fine()
	put(t, src, "c")
	plan := must(transfer.Sync(whole(b), whole(src), &transfer.Options{
		Progress: func(e transfer.Event) {
			if e.Change.Action == transfer.ActionCopy && e.Kind == transfer.EventDone {
				gone.Store(true)
			}
		},
	}))
	res, err := plan.Apply(t.Context())
	if !errors.Is(err, files.ErrNoBucket) || res.Deleted != 0 || res.Copied != 1 {
		t.Errorf("Sync: %+v, %v, want ErrNoBucket, and nothing deleted", res, err)
	}

	gone.Store(false)
	p, dir, dst := random(31, largeSize), memdir.New(t), fine()
	putBytes(t, inner, "big", p, nil)
	reads := readsOf(inner)
	reads.most.Store(largeSize / 2)
	large := vanishing(reads, &gone)
	_, err = transfer.CopyFile(t.Context(), dst, "big", large, "big", resuming(dir))
	is(t, err, files.ErrUnavailable)
	gone.Store(true)
	_, err = transfer.CopyFile(t.Context(), dst, "big", large, "big", resuming(dir))
	is(t, err, files.ErrNoBucket)
	gone.Store(false)
	reads.most.Store(0)
	res, err = transfer.CopyFile(t.Context(), dst, "big", large, "big", resuming(dir))
	if err != nil || res.Resumed == 0 {
		t.Errorf("the copy isn't continued: %+v, %v", res, err)
	}
	wantBytes(t, dst, "big", p)
}
