package files

import (
	"context"
	"errors"
	"iter"
	"runtime"
	"sync"
	"sync/atomic"
)

// DeleteBatchSize is how many names DeleteMany passes to a bucket at a time.
const DeleteBatchSize = 1000

// maxFailures is how many failures DeleteMany collects before it gives up.
const maxFailures = 1000

// ManyDeleter is a Bucket that deletes many files in few requests.
type ManyDeleter interface {
	// DeleteMany deletes the files and returns an error, or nil, for each name, in the
	// order of names.
	DeleteMany(ctx context.Context, names []string) []error
}

// DeleteResult reports what DeleteMany, DeleteDir and DeleteAll did.
type DeleteResult struct {
	// Deleted counts the names that are gone, including those that had not existed.
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
// result says which names failed. The error is DeleteResult.Err, or what ended the work
// early: the end of the context, a closed bucket, or 1,000 failures.
func DeleteMany(ctx context.Context, b Bucket, names iter.Seq[string]) (DeleteResult, error) {
	ctx, b = given(ctx, b)
	var res DeleteResult
	if r, ok := b.(refusing); ok { // even if there are no names
		return res, NewError(OpDeleteMany, "", r.err)
	}
	if names == nil {
		return res, NewError(OpDeleteMany, "", invalid("there is no sequence of names"))
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
		return NewError(OpDeleteMany, "", ContextError(ctx))
	}
	if len(batch) == 0 {
		return nil
	}
	for i, err := range deleteBatch(ctx, b, batch) {
		switch {
		case err == nil:
			r.Deleted++
		case errors.Is(err, ErrClosed):
			return NewError(OpDeleteMany, "", err)
		default:
			e, _ := NewError(OpDelete, batch[i], err).(*Error)
			r.Failed = append(r.Failed, e)
		}
	}
	if ctx.Err() != nil {
		return NewError(OpDeleteMany, "", ContextError(ctx))
	}
	if len(r.Failed) >= maxFailures {
		return errors.Join(NewError(OpDeleteMany, "",
			Errorf(ErrUnavailable, "gave up after %d failures", len(r.Failed))), r.Err())
	}
	return nil
}

// deleteBatch deletes all at once if the bucket can, and otherwise a few at a time.
func deleteBatch(ctx context.Context, b Bucket, names []string) []error {
	if d, ok := b.(ManyDeleter); ok {
		errs := d.DeleteMany(ctx, names)
		if len(errs) == len(names) {
			return errs
		}
		// No answer can be matched with its name, and a name without an answer isn't
		// deleted (D3).
		unmatched := Errorf(ErrUnavailable, "%d answers came for %d names", len(errs), len(names))
		return EachName(ctx, names, func(context.Context, string) error { return unmatched })
	}
	return EachName(ctx, names, func(ctx context.Context, name string) error {
		return b.Delete(ctx, name, nil)
	})
}

// EachName calls f for every name, eight at a time, and returns the errors in the order
// of names. It is for drivers without a bulk delete.
func EachName(ctx context.Context, names []string,
	f func(ctx context.Context, name string) error) []error {
	errs := make([]error, len(names))
	if f == nil || ctx == nil {
		for i := range errs {
			errs[i] = invalid("the context or the function is nil")
		}
		return errs
	}
	const workers = 8
	var (
		wg     sync.WaitGroup
		next   atomic.Int64
		broken brokenOff
	)
	for range min(workers, len(names)) {
		wg.Go(func() {
			whole := false
			defer func() {
				if !whole {
					broken.by(recover())
				}
			}()
			for i := next.Add(1) - 1; i < int64(len(names)) && !broken.is(); i = next.Add(1) - 1 {
				errs[i] = f(ctx, names[i])
			}
			whole = true
		})
	}
	wg.Wait()
	broken.resume()
	return errs
}

// brokenOff carries a panic or runtime.Goexit from other goroutines to the one that
// waits for them, so that it can be recovered there as if it had happened there.
type brokenOff struct {
	off   atomic.Bool
	once  sync.Once
	value any // of the panic; nil for runtime.Goexit
}

func (b *brokenOff) is() bool { return b.off.Load() }

// by notes what ended one of the goroutines; nil is runtime.Goexit.
func (b *brokenOff) by(value any) {
	b.once.Do(func() { b.value = value })
	b.off.Store(true)
}

// resume ends the goroutine that waits in the same way as the other one ended.
func (b *brokenOff) resume() {
	switch {
	case !b.off.Load():
	case b.value == nil:
		runtime.Goexit()
	default:
		panic(b.value)
	}
}

// DeleteDir deletes every file below the directory. It refuses "" with ErrInvalid,
// because that would delete everything by accident: use DeleteAll for that. Files that
// are put meanwhile may stay.
func DeleteDir(ctx context.Context, b Bucket, dir string) (DeleteResult, error) {
	if dir == "" {
		return DeleteResult{}, NewError(OpDeleteMany, dir,
			invalid("the directory is empty; DeleteAll deletes everything"))
	}
	return deleteBelow(ctx, b, dir)
}

// DeleteAll deletes every file of the bucket.
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
		err = errors.Join(NewError(OpDeleteMany, dir, listing), err)
	}
	return res, err
}
