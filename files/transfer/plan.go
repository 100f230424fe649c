package transfer

import (
	"context"
	"iter"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Plan is a Copy, Move, Sync or Remove that can be looked at and carried out. It holds
// no list of changes: Changes and Apply list both trees when they are called, in
// bounded memory. A Plan can be used again, and is safe for concurrent use.
type Plan struct {
	op       files.Op
	verb     verb
	dst, src place // of a Remove only dst
	opts     Options
	filter   *filter
	single   bool // of CopyFile: the target may have another name
}

type verb int

const (
	verbCopy verb = iota
	verbMove
	verbSync
	verbRemove
)

// Copy plans to copy every file of the source tree to the target tree, under the same
// name below the directory. Files that are the same on both sides are not copied, and
// other files of the target are not changed.
//
// Errors: ErrInvalid for options that make no sense, for trees that overlap, and for a
// nil bucket; ErrInvalidName for an illegal directory; ErrUnsupported if times are to be
// stored (Options.StoreTime, ByStoredTime) and the target stores no metadata.
func Copy(dst, src Tree, opts *Options) (*Plan, error) {
	return newPlan(verbCopy, files.OpCopy, dst, &src, opts)
}

// Move plans to copy files as Copy does, and to delete each file of the source that was
// copied, or that is the same by digest or content. Only the version that was copied or
// compared is deleted.
//
// Errors: those of Copy; ErrPermission for a source that is read-only, unless
// Options.DryRun is set; ErrUnsupported if the source can't delete a certain version
// (Features.DeleteIfVersion), unless Options.MayLoseConcurrentPut allows that.
func Move(dst, src Tree, opts *Options) (*Plan, error) {
	return newPlan(verbMove, files.OpMove, dst, &src, opts)
}

// Sync plans to make the target tree the same as the source tree: it copies, and deletes
// the target's files that the source doesn't have.
//
// Errors: those of Copy.
func Sync(dst, src Tree, opts *Options) (*Plan, error) {
	return newPlan(verbSync, files.OpCopy, dst, &src, opts)
}

// Remove plans to delete the files of a tree; with an empty Dir, every file of the
// bucket. Apply deletes by name, many files in one request if the bucket can (D3), so a
// file that is put under a listed name meanwhile is deleted too. Raw keys (L7) are
// not removed.
//
// Errors: those of Copy.
func Remove(tree Tree, opts *Options) (*Plan, error) {
	return newPlan(verbRemove, files.OpDeleteMany, tree, nil, opts)
}

func newPlan(v verb, op files.Op, dst Tree, src *Tree, opts *Options) (*Plan, error) {
	p := &Plan{op: op, verb: v}
	if opts != nil {
		p.opts = *opts
	}
	if err := p.init(dst, src); err != nil {
		return nil, driver.NewError(op, dst.Dir, err)
	}
	return p, nil
}

func (p *Plan) init(dst Tree, src *Tree) (err error) {
	if err := p.opts.check(); err != nil {
		return err
	}
	p.opts.complete()
	if p.filter, err = newFilter(p.opts.Filter); err != nil {
		return err
	}
	if p.dst, err = dst.place("target"); err != nil {
		return err
	}
	if src == nil {
		return nil
	}
	p.opts.StoreTime = p.opts.StoreTime || p.opts.Compare == ByStoredTime
	if p.opts.StoreTime && !p.dst.features.Attributes {
		return errNoTimes
	}
	if p.src, err = src.place("source"); err != nil {
		return err
	}
	if driver.Overlap(p.dst.b, p.dst.dir, p.src.b, p.src.dir) {
		return invalid("source and target overlap: they are one directory, or one is in the other")
	}
	if p.verb == verbMove && p.src.features.ReadOnly && !p.opts.DryRun {
		return driver.Errorf(files.ErrPermission, "the source is read-only")
	}
	if p.verb == verbMove && !p.src.features.DeleteIfVersion && !p.opts.MayLoseConcurrentPut {
		return driver.Errorf(files.ErrUnsupported,
			"the source can't delete the version that was copied, so what is put meanwhile "+
				"could be lost; Options.MayLoseConcurrentPut allows that")
	}
	if p.verb == verbMove && p.opts.Compare < ByDigest {
		p.opts.Compare = ByDigest
	}
	return nil
}

var errNoTimes = driver.Errorf(files.ErrUnsupported,
	"the target stores no metadata, so no times")

// Changes yields the changes that Apply would make, in byte order of the names. Files
// that are the same on both sides are left out. Each range over the result lists both
// trees again.
//
// An error is the last value that it yields: an error of a listing or a comparison, or
// a *DeleteLimitError after all changes.
func (p *Plan) Changes(ctx context.Context) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		for c, err := range p.All(ctx) {
			if c.Action == ActionKeep && err == nil {
				continue
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

// All yields what Changes yields, and also the files that are the same on both sides
// (ActionKeep).
func (p *Plan) All(ctx context.Context) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		if ctx == nil {
			yield(Change{}, driver.NewError(p.op, p.dst.dir, invalid("the context is nil")))
			return
		}
		stopped := false
		end := p.each(ctx, func(c *Change) bool {
			stopped = !yield(*c, nil)
			return !stopped
		})
		if !stopped && end != nil {
			yield(Change{}, end)
		}
	}
}

// each calls f for every change until f returns false, and returns the error of All.
func (p *Plan) each(ctx context.Context, f func(*Change) bool) error {
	g := &guard{plan: p}
	if err := p.compared(ctx, func(c *Change) bool {
		g.note(c)
		return f(c)
	}); err != nil {
		return err
	}
	return g.err()
}

// guard counts what decides whether deletions are allowed.
type guard struct {
	plan    *Plan
	sources int64
	deletes int64
}

func (g *guard) note(c *Change) {
	if c.Action == ActionDelete {
		g.deletes++
	} else {
		g.sources++
	}
}

func (g *guard) err() error {
	o := &g.plan.opts
	switch {
	case g.deletes == 0:
		return nil
	case g.plan.verb == verbSync && g.sources == 0 && !o.AllowEmptySource:
		return &DeleteLimitError{Due: g.deletes}
	case o.MaxDeletes > 0 && g.deletes > o.MaxDeletes:
		return &DeleteLimitError{Due: g.deletes, Limit: o.MaxDeletes}
	}
	return nil
}
