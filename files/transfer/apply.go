package transfer

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/cleanup"
	"cloudfiles.dev/files/internal/each"
)

// ahead is how many changes are planned in advance, so that the totals of most runs are
// known early.
const ahead = 4096

// Apply carries out the plan: it lists both trees, compares, copies, and finally
// deletes. It returns when everything is done or has failed.
//
//   - Each file is all or nothing (P1). The next Apply does only the rest.
//   - A file that fails doesn't stop the others. Result.Errors has the first 100
//     failures, each with the file's name, and the returned error joins them. The run
//     ends early after errors that affect every file: a missing bucket, a full disk, 50
//     refusals in a row, or Options.MaxErrors failures.
//   - Deletions come last. Sync deletes only the listed version, with the exceptions
//     that the package documentation names; Remove deletes by name. Nothing is deleted
//     if a listing failed, if a limit or an empty source forbids it, or if the run
//     ended early; the deletions are then counted in Result.Withheld.
//
// When ctx ends, Apply stops, leaves no file half-written, and returns the context's
// error with the Result so far. The calls end at once. Then Apply waits, for some seconds
// at most, until the unfinished uploads that can't be continued are removed from the
// service (X2), so that a program that exits afterwards leaves none.
func (p *Plan) Apply(ctx context.Context) (Result, error) {
	if ctx == nil {
		return Result{}, driver.NewError(p.op, p.dst.dir, invalid("the context is nil"))
	}
	return newRun(p).apply(ctx, p.each)
}

// ApplyChanges carries out chosen changes of the plan, such as those that a person has
// confirmed. A copy takes the source as it is now. An error in the sequence ends the
// run, and then no file is deleted. ApplyChanges doesn't check the limits on deletions,
// because Changes does: pass on the error of Changes in the sequence. A sequence without
// changes does nothing, and a nil one is ErrInvalid.
//
// The changes must be of a plan for the same trees: a change with names of other trees
// is ErrInvalid.
func (p *Plan) ApplyChanges(ctx context.Context,
	changes iter.Seq2[Change, error]) (Result, error) {
	if ctx == nil || changes == nil {
		return Result{}, driver.NewError(p.op, p.dst.dir,
			invalid("the context or the sequence of changes is nil"))
	}
	return newRun(p).apply(ctx, func(_ context.Context, f func(*Change) bool) error {
		for c, err := range changes {
			if err != nil || !f(&c) {
				return err
			}
		}
		return nil
	})
}

// run is one Apply.
type run struct {
	plan    *Plan
	track   *tracker
	broken  each.BrokenOff
	met     bool // a change that isn't a deletion of a Sync
	stop    context.CancelCauseFunc
	deletes *spool
	// Copies that failed because the bucket can't hold "a" beside "a/b", and may
	// succeed after the deletions.
	late   []Change
	lateMu sync.Mutex

	memory    *memory
	stateDirs sync.Map // the folders of states that were used
	states    struct {
		once sync.Once
		any  bool
	}
}

func newRun(p *Plan) *run {
	return &run{
		plan:    p,
		track:   newTracker(p.opts.Progress),
		deletes: &spool{},
		memory:  newMemory(),
	}
}

// guarded calls f, and records a panic for the goroutine that waits.
func (r *run) guarded(f func()) {
	whole := false
	defer func() {
		if !whole {
			r.broken.By(recover())
			if r.stop != nil {
				r.stop(errStopped)
			}
		}
	}()
	f()
	whole = true
}

// source calls f for each change until f returns false, and returns the error that
// ended the changes.
type source func(ctx context.Context, f func(*Change) bool) error

func (r *run) apply(ctx context.Context, changes source) (Result, error) {
	inner, cleaning := cleanup.With(ctx)
	inner, stop := context.WithCancelCause(inner)
	defer stop(nil)
	r.stop = stop
	defer r.deletes.close()
	err := r.copies(inner, changes)
	cleaning.Wait()
	r.broken.Resume()
	var limit *DeleteLimitError // which comes after the end of both listings
	r.track.update(Event{Kind: EventProgress}, func(p *Progress, res *Result) {
		p.TotalKnown = err == nil
		res.NoFiles = !r.met && (err == nil || errors.As(err, &limit))
	})
	if err == nil {
		err = r.deletions(inner)
		r.broken.Resume()
	}
	if err == nil && inner.Err() == nil && !r.plan.opts.DryRun {
		r.sweep(inner)
	}
	return r.end(ctx, inner, err)
}

// copies reads the changes, carries out the copies and keeps the deletions for later.
// It returns the error that ended the sequence.
func (r *run) copies(ctx context.Context, changes source) error {
	work := make(chan Change, ahead)
	var workers sync.WaitGroup
	started := 0
	begin := func() { // starts a worker only if there is work
		started++
		workers.Go(func() {
			r.guarded(func() {
				for c := range work {
					if ctx.Err() == nil {
						r.carryOut(ctx, c)
					}
				}
			})
		})
	}
	whole := false
	defer func() {
		if !whole { // a panic in the caller's code ends the copies too
			r.stop(errStopped)
		}
		close(work)
		workers.Wait()
	}()
	var own error
	err := changes(ctx, func(c *Change) bool {
		own = r.take(ctx, c, func(c Change) {
			if started < r.plan.opts.Parallel && len(work) >= started/2 {
				begin()
			}
			select {
			case work <- c:
			case <-ctx.Done():
			}
		})
		return own == nil
	})
	whole = true
	if own != nil {
		return own
	}
	return err
}

// take gives a change to a worker, or keeps it until the end.
func (r *run) take(ctx context.Context, c *Change, carry func(Change)) error {
	r.met = r.met || c.Action != ActionDelete || r.plan.verb == verbRemove
	switch c.Action {
	case ActionCopy, ActionMove:
		if err := r.checkChange(c); err != nil {
			return err
		}
		r.planned(c)
		carry(*c)
	case ActionDelete:
		if err := r.checkChange(c); err != nil {
			return err
		}
		if err := r.deletes.add(c); err != nil {
			return err
		}
		r.planned(c)
	case ActionSkip:
		r.track.update(Event{Kind: EventSkipped, Change: *c}, func(p *Progress, res *Result) {
			p.Skipped++
			res.Skipped++
		})
	default:
		r.track.equal()
	}
	if ctx.Err() != nil {
		return ended(ctx)
	}
	return nil
}

// checkChange returns an error for a change that this plan can't have made.
func (r *run) checkChange(c *Change) error {
	p := r.plan
	bad := func(e files.Entry, at place) bool {
		return e.Name != at.full(c.Name) && !p.single
	}
	switch c.Action {
	case ActionCopy, ActionMove:
		if p.verb == verbRemove || bad(c.Source, p.src) ||
			c.Action == ActionMove != (p.verb == verbMove) {
			break
		}
		return nil
	case ActionDelete:
		if p.verb != verbRemove && p.verb != verbSync || bad(c.Target, p.dst) {
			break
		}
		return nil
	default:
		return nil
	}
	return driver.NewError(p.op, c.Name, invalid("the change %q is not of this plan", c.String()))
}

func (r *run) planned(c *Change) {
	r.track.update(Event{Kind: EventProgress}, func(p *Progress, _ *Result) {
		p.TotalFiles++
		p.TotalBytes += c.Size()
	})
}

// carryOut carries out one copy or move, and counts it.
func (r *run) carryOut(ctx context.Context, c Change) {
	n, err := r.copyOrMove(ctx, c)
	if err != nil && !r.plan.dst.features.DirBesideFile &&
		files.KindOf(err) == files.ErrUnsupported && r.postpone(c) {
		return
	}
	r.finish(ctx, c, n, err)
}

// maxLate is how many copies can wait for the deletions.
const maxLate = 1000

func (r *run) postpone(c Change) bool {
	r.lateMu.Lock()
	defer r.lateMu.Unlock()
	if r.plan.verb != verbSync || len(r.late) == maxLate {
		return false
	}
	r.late = append(r.late, c)
	return true
}

// finish counts a change that was carried out; n is the number of bytes copied.
func (r *run) finish(ctx context.Context, c Change, n int64, err error) {
	if err != nil {
		r.failed(ctx, c, err)
		return
	}
	r.track.update(Event{Kind: EventDone, Change: c}, func(p *Progress, res *Result) {
		r.track.inARow = 0
		p.Files++
		p.Bytes += n
		p.TotalBytes += n - c.Size() // the file may have changed since it was listed
		switch {
		case c.Action == ActionDelete:
			res.Deleted++
			return
		case c.Action == ActionMove:
			res.Moved++
		}
		if !c.equal() {
			res.Copied++
			res.CopiedBytes += n
		}
	})
}

func (r *run) failed(ctx context.Context, c Change, err error) {
	if ctx.Err() != nil && !hopeless(err) {
		return // the run's error reports it
	}
	var stop bool
	r.track.update(Event{Kind: EventFailed, Change: c, Err: err},
		func(p *Progress, res *Result) {
			p.Failed++
			p.TotalFiles--
			p.TotalBytes -= c.Size()
			res.Failed++
			// the other workers meet the same full disk a moment later
			if !r.track.stopped && len(res.Errors) < maxErrorsKept {
				res.Errors = append(res.Errors, err)
			}
			if suspicious(err) {
				r.track.inARow++
			}
			stop = hopeless(err) || r.track.inARow >= maxInARow ||
				res.Failed >= r.plan.opts.MaxErrors
			r.track.stopped = r.track.stopped || stop
		})
	if stop {
		plural := "s"
		n := r.track.failures()
		if n == 1 {
			plural = ""
		}
		r.stop(fmt.Errorf("%w after %d failure%s", errStopped, n, plural))
	}
}

func (t *tracker) failures() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.result.Failed
}

// end returns the result. err is the error that ended the changes, or nil.
func (r *run) end(ctx, inner context.Context, err error) (Result, error) {
	r.track.mu.Lock()
	res := r.track.result
	r.track.mu.Unlock()
	res.Retries = r.track.snapshot().Retries
	res.Withheld += r.deletes.left()
	errs := make([]error, 0, len(res.Errors)+2)
	switch {
	case ctx.Err() != nil:
		errs = append(errs, driver.NewError(r.plan.op, r.plan.dst.dir, ended(ctx)))
	case inner.Err() != nil && errors.Is(context.Cause(inner), errStopped):
		errs = append(errs, context.Cause(inner))
	case err != nil:
		errs = append(errs, err)
	}
	errs = append(errs, res.Errors...)
	if more := res.Failed - int64(len(res.Errors)); more > 0 {
		errs = append(errs, fmt.Errorf("transfer: %d more files failed", more))
	}
	if res.Withheld > 0 && len(errs) > 0 {
		errs = append(errs, fmt.Errorf("transfer: %d deletions were withheld", res.Withheld))
	}
	all := errors.Join(errs...)
	r.track.update(Event{Kind: EventEnd, Err: all}, func(*Progress, *Result) {})
	return res, all
}
