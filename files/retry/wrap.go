package retry

import (
	"context"
	"io"
	"iter"
	"slices"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/internal/failure"
	"cloudfiles.dev/files/internal/nils"
)

// Wrap returns a bucket that repeats the calls of b that fail with
// files.ErrUnavailable, as the policy says. It is for buckets that don't repeat by
// themselves. Calls that a bucket below has repeated are not repeated again, and a
// policy below makes at most as many attempts as p. A nil policy has the defaults. If a
// number of the policy is negative, every call is ErrInvalid. The bucket is safe for
// concurrent use, and closing it leaves b open.
//
//   - Reads, deletions and copies are repeated.
//   - An interrupted listing continues after its last name, if the bucket lists in
//     order. The count of attempts begins again after each entry.
//   - A Put is repeated if its content can seek: it is rewound to its first position.
//     Content that can't seek is never sent again, and the error is marked as
//     Permanent.
//
// If the response to a commit was lost, a bucket that keeps the contract returns
// files.ErrUncertain, and the call is not repeated (P2). If a bucket returns
// files.ErrUnavailable instead, the condition of a repeated write may fail because the
// first attempt has succeeded. So Wrap returns files.ErrUncertain if a condition fails
// after a retry.
func Wrap(b files.Bucket, p *Policy) files.Bucket {
	if nils.Is(b) {
		b = nil // which files.Wrap refuses
	}
	h := files.Hooks{Layer: p.String(), Around: p.around, Uploads: true}
	if mayRepeat(b) {
		h.Around = func(ctx context.Context, c *files.Call,
			next func(context.Context) error) error {
			return p.around(p.bound(ctx), c, next)
		}
	}
	if b != nil && b.Features().Ordered {
		h.List = p.list
	}
	return files.Wrap(b, h)
}

// mayRepeat reports whether the bucket, or one below it, has a policy or is of an unknown
// type. Otherwise bounding the attempts isn't worth an allocation.
func mayRepeat(b files.Bucket) bool {
	return slices.ContainsFunc(files.Layers(b), func(layer string) bool {
		return strings.Contains(layer, "retry") || strings.Contains(layer, ".")
	})
}

func (p *Policy) around(ctx context.Context, c *files.Call,
	next func(context.Context) error) error {
	switch c.Op {
	case files.OpList, files.OpCopyFrom: // these only begin what is repeated elsewhere
		return next(ctx)
	case files.OpPut:
		return p.put(ctx, c, next)
	case files.OpDeleteMany:
		return p.deleteMany(ctx, c, next)
	}
	return p.Do(ctx, func(ctx context.Context, attempt int) error {
		return certain(c, attempt, next(ctx))
	})
}

// certain returns ErrUncertain for the failed condition of a write if an earlier
// attempt may have caused the failure.
func certain(c *files.Call, attempt int, err error) error {
	if err == nil || attempt == 1 {
		return err
	}
	conditional := c.Put != nil && !c.Put.If.IsZero() || c.Copy != nil && !c.Copy.If.IsZero() ||
		c.Delete != nil && c.Delete.IfVersion != ""
	if kind := files.KindOf(err); conditional && (kind == files.ErrExist ||
		kind == files.ErrPrecondition) {
		return failure.WithCause(files.ErrUncertain, err,
			"refused when it was repeated, maybe because the first attempt had succeeded")
	}
	return err
}

// put repeats a Put whose content can be rewound.
func (p *Policy) put(ctx context.Context, c *files.Call, next func(context.Context) error) error {
	rewind := rewinder(c.Content)
	return p.Do(ctx, func(ctx context.Context, attempt int) error {
		if attempt > 1 {
			if err := rewind(); err != nil {
				return err
			}
		}
		err := certain(c, attempt, next(ctx))
		if rewind == nil && files.KindOf(err) == files.ErrUnavailable {
			return Permanent(err) // the content may have been read, and can't be read again
		}
		return err
	})
}

// rewinder returns a function that rewinds the content to its current position, or nil
// if the content can't seek.
func rewinder(content io.Reader) func() error {
	s, ok := content.(io.Seeker)
	if !ok {
		return nil
	}
	at, err := s.Seek(0, io.SeekCurrent)
	if err != nil { // a pipe, which can be an *os.File
		return nil
	}
	return func() error { _, err := s.Seek(at, io.SeekStart); return err }
}

// deleteMany repeats the deletion of the names that fail with files.ErrUnavailable. It
// leaves out deleted names, because others may have put these again.
func (p *Policy) deleteMany(ctx context.Context, c *files.Call,
	next func(context.Context) error) error {
	names := c.Names
	result := make([]error, len(names))
	tries := make([]int, len(names))
	left := make([]int, len(names)) // indexes of the names to delete
	for i := range left {
		left[i] = i
	}
	var failed error // error of the whole call, not of a name
	last := p.Do(ctx, func(ctx context.Context, attempt int) error {
		c.Names = make([]string, len(left))
		for j, i := range left {
			c.Names[j] = names[i]
			tries[i] = attempt
		}
		if failed = next(ctx); failed != nil {
			return failed
		}
		var again []int
		var unavailable error
		for j, i := range left {
			if result[i] = c.Errors[j]; files.KindOf(result[i]) == files.ErrUnavailable &&
				Attempts(result[i]) == 0 {
				again, unavailable = append(again, i), result[i]
			}
		}
		left = again
		return unavailable
	})
	c.Names = names
	if failed != nil {
		if len(left) == len(names) {
			return last
		}
		for _, i := range left {
			result[i] = last
		}
	}
	for i, err := range result {
		if err != nil && Attempts(err) == 0 {
			result[i] = mark(err, tries[i], "")
		}
	}
	copy(c.Errors, result)
	return nil
}

// list continues an interrupted listing after its last name.
func (p *Policy) list(ctx context.Context, c *files.Call, o files.ListOptions,
	list func(context.Context,
		files.ListOptions) iter.Seq2[files.Entry, error]) iter.Seq2[files.Entry, error] {
	if o.Foreign { // a listing can't continue from a raw key
		return list(ctx, o)
	}
	return func(yield func(files.Entry, error) bool) {
		l := &listing{yield: yield, opts: o, dir: strings.TrimSuffix(c.Name, "/")}
		for more := true; more; {
			more = false
			err := p.Do(ctx, func(ctx context.Context, _ int) error {
				before := l.n
				err := l.run(list(ctx, l.opts))
				if more = err != nil && l.n > before && files.KindOf(err) == files.ErrUnavailable &&
					Attempts(err) == 0; more {
					return nil // attempts are counted anew after an entry
				}
				return err
			})
			if err == nil {
				err = l.unread
			}
			if err != nil && !l.over {
				yield(files.Entry{}, err)
			}
		}
	}
}

// listing is one listing in progress.
type listing struct {
	yield func(files.Entry, error) bool
	opts  files.ListOptions // for the remaining entries
	n     int               // entries that were yielded
	over  bool              // the loop has ended
	dir   string
	full  bool // Limit is reached
	// unread is the error of a file that can't be read before the point to continue
	// from: a retry wouldn't report it again (L9).
	unread error
}

// run yields the entries until an error, and records where to continue.
func (l *listing) run(entries iter.Seq2[files.Entry, error]) error {
	for e, err := range entries {
		if err != nil && (l.full || l.passed(err)) {
			l.unread = err
			return nil
		}
		if err != nil || l.full {
			return err
		}
		l.n++
		l.opts.StartAfter = e.Name
		if !l.yield(e, nil) {
			l.over = true
			return nil
		}
		if l.opts.Limit > 0 {
			l.opts.Limit--
			l.full = l.opts.Limit == 0
		}
	}
	return nil
}

// passed reports whether an error names a file below the directory and before the point
// to continue from.
func (l *listing) passed(err error) bool {
	e, ok := err.(*files.Error)
	if !ok || e.Op != files.OpList || l.n == 0 {
		return false
	}
	rest, ok := strings.CutPrefix(e.Name, l.dir)
	return ok && rest != "" && (l.dir == "" || rest[0] == '/') && e.Name < l.opts.StartAfter
}
