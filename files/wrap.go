package files

import (
	"context"
	"io"
	"iter"
	"os"
	"sync/atomic"
)

// Wrap returns a bucket that passes every operation, the optional ones too, through the hooks to b. It is the
// only forwarding type: a wrapper that embeds Bucket loses the optional abilities, or leaks them.
//
// A logging wrapper is five lines:
//
//	files.Wrap(b, files.Hooks{Done: func(ctx context.Context, c *files.Call, n int64, err error) {
//		slog.InfoContext(ctx, "files", "op", c.Op, "name", c.Name, "n", n, "err", err)
//	}})
func Wrap(b Bucket, h Hooks) Bucket {
	w := &wrapped{inner: b, hooks: h, features: b.Features()}
	w.features.MaxName = w.features.maxName()
	if h.Names != nil {
		w.features.MaxName = max(w.features.MaxName-h.Names.Extra, 1) // 0 would stand for 1024
		w.features.ForeignKeys = false
	}
	if h.Body != nil || h.Content != nil { // which a copy below and a signed URL would get round
		w.features.ServerCopy, w.features.SignGet, w.features.SignPut = false, false, false
		w.features.SignDelete, w.features.SignContentType = false, false
	}
	if h.Features != nil {
		w.features = h.Features(w.features)
		w.features.MaxName = w.features.maxName()
	}
	return w
}

type wrapped struct {
	inner    Bucket
	hooks    Hooks
	features Features
	closed   atomic.Bool
}

func (w *wrapped) Features() Features { return w.features }

// Close closes the wrapper; the bucket below only where the wrapper owns it (X3).
func (w *wrapped) Close() error {
	if w.closed.Swap(true) || !w.hooks.CloseInner {
		return nil
	}
	return w.inner.Close()
}

// As reaches what lies below, unless that would get round the wrapper.
func (w *wrapped) As(target any) bool {
	if w.hooks.Restrict || w.hooks.Names != nil || w.hooks.Body != nil || w.hooks.Content != nil || w.hooks.Entry != nil {
		return false
	}
	if p, ok := target.(*Bucket); ok {
		*p = w.inner
		return true
	}
	a, ok := w.inner.(Aser)
	return ok && a.As(target)
}

// check is what every operation on a name begins with, in the order of rule E2.
func (w *wrapped) check(name, key string) error {
	if w.closed.Load() {
		return ErrClosed
	}
	if err := checkTarget(name, key, w.features.MaxName); err != nil {
		return err
	}
	if key != "" && !w.features.ForeignKeys {
		return Errorf(ErrUnsupported, "the bucket has no keys outside the naming rule")
	}
	if n := w.hooks.Names; n != nil && n.Check != nil && key == "" {
		return n.Check(name)
	}
	return nil
}

func (w *wrapped) in(name string) string {
	if w.hooks.Names == nil || name == "" {
		return name
	}
	return w.hooks.Names.In(name)
}

// around runs the operation inside the hook, and gives its error the caller's name. A context that has ended is found
// below, behind the options, as rule E2 orders it.
func (w *wrapped) around(ctx context.Context, c *Call, next func(context.Context) error) error {
	if w.hooks.Around == nil {
		return NewError(c.Op, c.Name, next(ctx))
	}
	ran := false
	err := w.hooks.Around(ctx, c, func(ctx context.Context) error {
		ran = true
		return NewError(c.Op, c.Name, next(ctx))
	})
	if err == nil && !ran {
		err = Errorf(ErrUnsupported, "a wrapper did not carry out the operation")
	}
	return NewError(c.Op, c.Name, err)
}

func (w *wrapped) done(ctx context.Context, c *Call, n int64, err error) {
	if w.hooks.Done != nil {
		w.hooks.Done(ctx, c, n, err)
	}
}

// isNil finds the nil readers that can be told without reflection; what a hook makes of one would hide it.
func isNil(r io.Reader) bool {
	if f, ok := r.(*os.File); ok {
		return f == nil
	}
	return r == nil
}

// outer gives an Info the caller's name.
func outer(info Info, name string) Info {
	if name != "" {
		info.Name = name
	}
	return info
}

func (w *wrapped) Put(ctx context.Context, name string, content io.Reader, opts *PutOptions) (Info, error) {
	c := &Call{Op: OpPut, Name: name, Put: opts, Content: content}
	if err := w.check(name, ""); err != nil {
		return Info{}, NewError(c.Op, name, err)
	}
	err := w.around(ctx, c, func(ctx context.Context) error {
		body := content
		if w.hooks.Content != nil && !isNil(content) {
			body = w.hooks.Content(ctx, c, content)
		}
		info, err := w.inner.Put(ctx, w.in(name), body, c.Put)
		c.Info = outer(info, name)
		return err
	})
	w.done(ctx, c, c.Info.Size, err)
	if err != nil {
		return Info{}, err
	}
	return c.Info, nil
}

func (w *wrapped) Get(ctx context.Context, name string, opts *GetOptions) (*Reader, error) {
	c := &Call{Op: OpGet, Name: name, Get: opts}
	key := ""
	if opts != nil {
		key = opts.Key
	}
	if err := w.check(name, key); err != nil {
		return nil, NewError(c.Op, name, err)
	}
	var r *Reader
	err := w.around(ctx, c, func(ctx context.Context) error {
		if r != nil { // a hook that tries again
			r.Close()
		}
		var err error
		if r, err = w.inner.Get(ctx, w.in(name), c.Get); err != nil {
			return err
		}
		r.name, r.info = name, outer(r.info, name)
		c.Info = r.Info()
		if w.hooks.Body != nil {
			r.body = &hookedBody{Reader: w.hooks.Body(ctx, c, r.body), body: r.body}
			r.watch()
		}
		return nil
	})
	if err != nil {
		if r != nil { // the hook failed what had succeeded
			r.Close()
		}
		w.done(ctx, c, 0, err)
		return nil, err
	}
	if w.hooks.Done != nil {
		before := r.done
		r.done = func(n int64, err error) {
			if before != nil {
				before(n, err)
			}
			w.done(ctx, c, n, err)
		}
	}
	return r, nil
}

// hookedBody reads from a hook's reader and closes it, if it can be closed, and the body beneath.
type hookedBody struct {
	io.Reader
	body Body
}

func (h *hookedBody) Close() error {
	if c, ok := h.Reader.(io.Closer); ok && h.Reader != io.Reader(h.body) {
		c.Close()
	}
	return h.body.Close()
}

func (w *wrapped) Stat(ctx context.Context, name string, opts *StatOptions) (Info, error) {
	c := &Call{Op: OpStat, Name: name, Stat: opts}
	key := ""
	if opts != nil {
		key = opts.Key
	}
	if err := w.check(name, key); err != nil {
		return Info{}, NewError(c.Op, name, err)
	}
	err := w.around(ctx, c, func(ctx context.Context) error {
		info, err := w.inner.Stat(ctx, w.in(name), c.Stat)
		c.Info = outer(info, name)
		return err
	})
	w.done(ctx, c, 0, err)
	if err != nil {
		return Info{}, err
	}
	return c.Info, nil
}

func (w *wrapped) Delete(ctx context.Context, name string, opts *DeleteOptions) error {
	c := &Call{Op: OpDelete, Name: name, Delete: opts}
	key := ""
	if opts != nil {
		key = opts.Key
	}
	if err := w.check(name, key); err != nil {
		return NewError(c.Op, name, err)
	}
	err := w.around(ctx, c, func(ctx context.Context) error {
		return w.inner.Delete(ctx, w.in(name), c.Delete)
	})
	w.done(ctx, c, 0, err)
	return err
}

func (w *wrapped) List(ctx context.Context, dir string, opts *ListOptions) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		c := &Call{Op: OpList, Name: dir, List: opts}
		d, err := w.checkList(dir, opts)
		if err != nil {
			yield(Entry{}, NewError(OpList, dir, err))
			return
		}
		inner := ctx
		err = w.around(ctx, c, func(ctx context.Context) error { inner = ctx; return nil })
		n := int64(0)
		if err == nil {
			n, err = w.list(inner, c, d, yield)
		} else {
			yield(Entry{}, err)
		}
		w.done(ctx, c, n, err)
	}
}

func (w *wrapped) checkList(dir string, opts *ListOptions) (string, error) {
	if w.closed.Load() {
		return "", ErrClosed
	}
	d, err := CheckDir(dir)
	if err != nil {
		return "", err
	}
	if opts != nil && opts.Foreign && !w.features.ForeignKeys {
		return "", Errorf(ErrUnsupported, "the bucket has no keys outside the naming rule")
	}
	return d, opts.Check()
}

// list yields the entries of the bucket below under their names above, and returns how many.
func (w *wrapped) list(ctx context.Context, c *Call, dir string, yield func(Entry, error) bool) (n int64, err error) {
	var o ListOptions
	if c.List != nil {
		o = *c.List
	}
	limit := int64(o.Limit)
	if limit > 0 && (w.hooks.Entry != nil || w.hooks.Names != nil) {
		if o.PageSize == 0 {
			o.PageSize = o.Limit
		}
		o.Limit = 0 // counted here, for some entries are left out
	}
	if w.hooks.Names != nil {
		dir = w.hooks.Names.List(dir, &o)
	}
	for e, err := range w.listInner(ctx, c, dir, o) {
		if err != nil {
			err = NewError(OpList, c.Name, err)
			yield(Entry{}, err)
			return n, err
		}
		if w.hooks.Names != nil {
			name, ok := w.hooks.Names.Out(e.Name)
			if !ok {
				continue
			}
			e.Name = name
		}
		if w.hooks.Entry != nil && !w.hooks.Entry(c, e) {
			continue
		}
		if n++; !yield(e, nil) || n == limit {
			return n, nil
		}
	}
	return n, nil
}

// listInner lists the bucket below, through the hook.
func (w *wrapped) listInner(ctx context.Context, c *Call, dir string, o ListOptions) iter.Seq2[Entry, error] {
	if w.hooks.List == nil {
		return w.inner.List(ctx, dir, &o)
	}
	return w.hooks.List(ctx, c, o, func(ctx context.Context, o ListOptions) iter.Seq2[Entry, error] { return w.inner.List(ctx, dir, &o) })
}
