package compress

import (
	"context"
	"iter"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/internal/each"
)

const (
	statsAtOnce = 8
	maxBatch    = 64
)

// list lists the bucket below with the plain sizes. A listing has no metadata, so each
// file takes a Stat.
func (z *codec) list(ctx context.Context, c *files.Call, opts files.ListOptions,
	below func(context.Context, files.ListOptions) iter.Seq2[files.Entry, error],
) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		defer z.failed.Delete(c)
		var batch []files.Entry
		size := 1 // so that a listing that stops early costs few Stats
		flush := func() bool {
			errs := z.stats(ctx, batch, opts.NamesOnly)
			for i, e := range batch {
				if errs[i] != nil {
					z.failed.Store(c, errs[i])
				}
				if !yield(e, nil) {
					return false
				}
			}
			batch, size = batch[:0], min(2*size, maxBatch)
			return true
		}
		for e, err := range below(ctx, opts) {
			if err != nil {
				if flush() {
					yield(e, err)
				}
				return
			}
			if batch = append(batch, e); len(batch) == size && !flush() {
				return
			}
		}
		flush()
	}
}

// stats sets the sizes, and returns an error for each that can't be found. The size of
// a file that is gone is unknown, without an error.
func (z *codec) stats(ctx context.Context, batch []files.Entry, namesOnly bool) []error {
	errs := make([]error, len(batch))
	each.Index(statsAtOnce, len(batch), func(i int) bool {
		switch e := &batch[i]; {
		case e.IsDir:
		case namesOnly:
			e.Size = 0
		default:
			errs[i] = z.stat(ctx, e)
		}
		return true
	})
	return errs
}

func (z *codec) stat(ctx context.Context, e *files.Entry) error {
	name := e.Name
	e.Size = unknown
	for attempt := 1; ; attempt++ {
		info, err := z.below.Stat(ctx, name, nil)
		if files.KindOf(err) == files.ErrNotExist {
			return nil
		}
		if err == nil {
			info, _, err = plainInfo(cloned(info))
		}
		if err == nil && info.Size == unknown {
			info.Size, err = z.count(ctx, info)
			if files.KindOf(err) == files.ErrChanged && attempt < 5 {
				continue
			}
		}
		if err == nil {
			*e = info.Entry
		}
		return err
	}
}

// entry returns the error that list has found for an entry.
func (z *codec) entry(c *files.Call, e files.Entry) (files.Entry, error) {
	if e.Size == unknown {
		if err, ok := z.failed.LoadAndDelete(c); ok {
			return e, err.(error)
		}
	}
	return e, nil
}

// isThere leaves out files that were deleted during the listing.
func isThere(_ *files.Call, e files.Entry) bool { return e.IsDir || e.Size != unknown }
