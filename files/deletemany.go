package files

import (
	"context"
	"errors"
	"iter"

	"cloudfiles.dev/files/internal/each"
)

// maxFailures is how many failures DeleteMany collects before it gives up.
const maxFailures = 1000

// DeleteResult reports what DeleteMany, DeleteDir and DeleteAll did.
type DeleteResult struct {
	// Deleted counts the names whose deletion succeeded, including those that did not
	// exist.
	Deleted int64
	// Failed has an error for each name that could not be deleted.
	Failed []*Error
}

// Err returns the joined failures, or nil.
func (r DeleteResult) Err() error {
	errs := make([]error, len(r.Failed))
	for i, e := range r.Failed {
		errs[i] = e
	}
	return errors.Join(errs...)
}

// DeleteMany deletes the named files in as few requests as the bucket allows (D3). It
// takes the names as they come, in batches of 1,000, and goes on after a failure; the
// result says which names failed. A sequence without names deletes nothing. The error is
// DeleteResult.Err, ErrInvalid for a nil sequence, or what ended the work early: the end
// of the context, a closed bucket, or 1,000 failures.
func DeleteMany(ctx context.Context, b Bucket, names iter.Seq[string]) (DeleteResult, error) {
	ctx, b = given(ctx, b)
	var res DeleteResult
	if r, ok := b.(refusing); ok { // even if there are no names
		return res, newError(OpDeleteMany, "", r.err)
	}
	if names == nil {
		return res, newError(OpDeleteMany, "", invalid("the sequence of names is nil"))
	}
	batch := make([]string, 0, 64)
	var stop error
	flush := func() bool {
		stop = res.add(ctx, b, batch)
		batch = batch[:0]
		return stop == nil
	}
	for name := range names {
		if batch = append(batch, name); len(batch) == DeleteBatchSize && !flush() {
			return res, stop
		}
	}
	if !flush() {
		return res, stop
	}
	return res, res.Err()
}

// add deletes a batch.
func (r *DeleteResult) add(ctx context.Context, b Bucket, batch []string) error {
	if ctx.Err() != nil {
		return newError(OpDeleteMany, "", contextError(ctx))
	}
	if len(batch) == 0 {
		return nil
	}
	for i, err := range deleteBatch(ctx, b, batch) {
		switch {
		case err == nil:
			r.Deleted++
		case errors.Is(err, ErrClosed):
			return newError(OpDeleteMany, "", err)
		default:
			e, _ := newError(OpDelete, batch[i], err).(*Error)
			r.Failed = append(r.Failed, e)
		}
	}
	if ctx.Err() != nil {
		return newError(OpDeleteMany, "", contextError(ctx))
	}
	if len(r.Failed) >= maxFailures {
		return errors.Join(newError(OpDeleteMany, "",
			errorf(ErrUnavailable, "gave up after %d failures", len(r.Failed))), r.Err())
	}
	return nil
}

// deleteBatch deletes all at once if the bucket can, and otherwise a few at a time.
func deleteBatch(ctx context.Context, b Bucket, names []string) []error {
	if d, ok := b.(manyDeleter); ok {
		errs := d.DeleteMany(ctx, names)
		if len(errs) == len(names) {
			return errs
		}
		// No result can be matched with its name, and a name without a result counts as
		// not deleted (D3).
		unmatched := errorf(ErrUnavailable, "the bucket returned %d results for %d names",
			len(errs), len(names))
		return each.Name(ctx, names, func(context.Context, string) error { return unmatched })
	}
	return each.Name(ctx, names, func(ctx context.Context, name string) error {
		return b.Delete(ctx, name, nil)
	})
}

// DeleteDir deletes every file below the directory. It refuses "" with ErrInvalid,
// because that would delete everything by accident: use DeleteAll for that. Files that
// are put meanwhile may stay.
//
// Errors: those of DeleteMany, and those of Bucket.List, which end the work early.
func DeleteDir(ctx context.Context, b Bucket, dir string) (DeleteResult, error) {
	if dir == "" {
		return DeleteResult{}, newError(OpDeleteMany, dir,
			invalid("the directory is empty; DeleteAll deletes everything"))
	}
	return deleteBelow(ctx, b, dir)
}

// DeleteAll deletes every file of the bucket. Its errors are those of DeleteDir.
func DeleteAll(ctx context.Context, b Bucket) (DeleteResult, error) {
	return deleteBelow(ctx, b, "")
}

func deleteBelow(ctx context.Context, b Bucket, dir string) (DeleteResult, error) {
	ctx, b = given(ctx, b)
	var listing error
	res, err := DeleteMany(ctx, b, func(yield func(string) bool) {
		for e, err := range b.List(ctx, dir, &ListOptions{NamesOnly: true}) {
			if err != nil {
				listing = err
				return
			}
			if !yield(e.Name) {
				return
			}
		}
	})
	if listing != nil {
		err = errors.Join(newError(OpDeleteMany, dir, listing), err)
	}
	return res, err
}
