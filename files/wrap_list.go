package files

import (
	"context"
	"iter"
	"strings"
)

func (w *wrapped) List(ctx context.Context, dir string, opts *ListOptions) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if yield == nil {
			return
		}
		cl := w.claims()
		d, err := w.checkList(ctx, cl, dir, opts)
		if err != nil {
			yield(Entry{}, newError(OpList, dir, err))
			return
		}
		c := w.call(ctx, OpList, dir)
		c.List = opts
		end := ending{call: c}
		defer end.report()
		inner := ctx
		err = w.around(c, stepFunc(func(hook context.Context) error {
			if !c.win(c.turn(), func() { inner = hook }) {
				return errLost
			}
			return nil
		}))
		if err == nil {
			inner, release := outlive(c.ctx, inner)
			defer release()
			err = w.list(inner, c, cl, d, &end.n, yield)
		} else {
			yield(Entry{}, err)
		}
		end.set(end.n, err)
	}
}

// outlive returns the context of a listing: the one that the hook gave to next, unless
// that one was cancelled before the listing could begin, as by a deferred cancel.
func outlive(ctx, hook context.Context) (context.Context, func()) {
	if hook.Err() != context.Canceled || ctx.Err() != nil {
		return hook, func() {}
	}
	c, cancel := context.WithCancelCause(context.WithoutCancel(hook))
	stop := context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })
	return governed{c}, func() { stop(); cancel(nil) }
}

func (w *wrapped) checkList(ctx context.Context, cl *claims, dir string,
	opts *ListOptions) (string, error) {
	if w.closed.Load() {
		return "", ErrClosed
	}
	d, err := checkDir(dir, MaxName)
	if err != nil {
		return "", err
	}
	if opts != nil && opts.Foreign && !cl.outer.ForeignKeys {
		return "", errorf(ErrUnsupported, "the bucket doesn't support raw keys")
	}
	if ctx == nil {
		return "", errNilContext
	}
	return d, opts.Check()
}

// list yields the entries of the bucket below under their names above, and counts them
// in n, even if the loop's body panics.
func (w *wrapped) list(ctx context.Context, c *Call, cl *claims, dir string, n *int64,
	yield func(Entry, error) bool) error {
	var o ListOptions
	if c.List != nil {
		o = *c.List
	}
	limit := int64(o.Limit)
	if w.hooks.Names != nil {
		dir = w.hooks.Names.List(dir, &o)
	}
	inner := func(o ListOptions) iter.Seq2[Entry, error] { return w.listInner(ctx, c, dir, o) }
	entries := inner(o)
	if limit > 0 && (w.hooks.Entry != nil || w.hooks.Names != nil || w.hooks.Transform != nil) {
		wanted := func() int64 { return limit - *n }
		entries = listLimited(o, cl.below.Ordered, wanted, inner)
	}
	var unread error // the first entry that can't be shown, which spoils no other (L9)
	for e, err := range entries {
		if err != nil {
			err = firstOf(unread, w.listError(c, err))
			yield(Entry{}, err)
			return err
		}
		if w.hooks.Names != nil {
			name, ok := w.hooks.Names.Out(e.Name)
			if !ok {
				continue
			}
			e.Name = name
		}
		if w.hooks.Transform != nil && !e.IsDir && !(o.NamesOnly && e.Size == 0) {
			stored := e
			e, err = w.hooks.Transform.entry(c, e)
			switch {
			case err == nil:
			case o.NamesOnly:
				stored.Size = 0
				e = stored
			default:
				unread = firstOf(unread, newError(OpList, stored.Name, err))
				continue
			}
		}
		if cl.hides {
			e = cl.entry(e)
		}
		if w.hooks.Entry != nil && !w.hooks.Entry(c, e) {
			continue
		}
		*n++
		if !yield(e, nil) {
			return nil
		}
	}
	if unread != nil {
		yield(Entry{}, unread)
	}
	return unread
}

// listInner lists the bucket below, through the hook.
func (w *wrapped) listInner(ctx context.Context, c *Call, dir string,
	o ListOptions) iter.Seq2[Entry, error] {
	if w.hooks.List == nil {
		return w.inner.List(ctx, dir, &o)
	}
	return w.hooks.List(ctx, c, o,
		func(ctx context.Context, o ListOptions) iter.Seq2[Entry, error] {
			return w.inner.List(ctx, dir, &o)
		})
}

// listError keeps the name of what can't be read if it lies below the directory, and
// makes it the caller's.
func (w *wrapped) listError(c *Call, err error) error {
	e, ok := err.(*Error)
	if !ok || e.Op != OpList || e.Name == "" {
		return newError(OpList, c.Name, err)
	}
	name := e.Name
	if w.hooks.Names != nil {
		name, ok = w.hooks.Names.Out(e.Name)
	}
	if !ok || !isBelow(c.Name, name) {
		name = c.Name
	}
	return newError(OpList, name, err)
}

// isBelow reports whether the name is that of something below the directory.
func isBelow(dir, name string) bool {
	base := strings.TrimSuffix(dir, "/")
	rest, ok := strings.CutPrefix(name, base)
	return ok && (base == "" || rest != "" && rest[0] == '/')
}
