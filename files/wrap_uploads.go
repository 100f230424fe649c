package files

import "context"

// WithUpload lets a step of an upload in parts reach the bucket below, inside the hook.
// A wrapper whose contents pass through a hook, or that masks what the bucket below
// keeps, has no such uploads.
func (w *wrapped) WithUpload(ctx context.Context, name string,
	fn func(ctx context.Context, b Bucket, name string) error) error {
	cl := w.claims()
	err := w.check(ctx, cl, name, "")
	if err == nil {
		err = w.uploads(cl, fn == nil)
	}
	if err != nil {
		return newError(OpUpload, name, err)
	}
	return w.uploadStep(ctx, name, func(ctx context.Context) error {
		return fn(ctx, w.inner, w.in(name))
	})
}

// WithUploads is WithUpload for the unfinished uploads of a directory.
func (w *wrapped) WithUploads(ctx context.Context, dir, prefix string,
	fn func(ctx context.Context, b Bucket, dir, prefix string) error,
) (out func(inner string) (name string, ok bool), err error) {
	if w.closed.Load() {
		return nil, newError(OpUpload, dir, ErrClosed)
	}
	if ctx == nil {
		return nil, newError(OpUpload, dir, errNilContext)
	}
	if err := w.uploads(w.claims(), fn == nil); err != nil {
		return nil, newError(OpUpload, dir, err)
	}
	out = func(name string) (string, bool) {
		ok := true
		if w.hooks.Names != nil {
			name, ok = w.hooks.Names.Out(name)
		}
		return name, ok && (w.hooks.Entry == nil ||
			w.hooks.Entry(&Call{Op: OpUpload, Name: dir}, Entry{Name: name}))
	}
	inner, opts := dir, ListOptions{Prefix: prefix}
	if w.hooks.Names != nil {
		inner = w.hooks.Names.List(dir, &opts)
	}
	return out, w.uploadStep(ctx, dir, func(ctx context.Context) error {
		return fn(ctx, w.inner, inner, opts.Prefix)
	})
}

// uploadStep is one step of an upload, inside the hooks.
func (w *wrapped) uploadStep(ctx context.Context, name string, next stepFunc) error {
	c := w.call(ctx, OpUpload, name)
	end := ending{call: c}
	defer end.report()
	err := w.around(c, next)
	end.set(0, err)
	return err
}

// uploads reports why the wrapper has no uploads in parts, or nil.
func (w *wrapped) uploads(cl *claims, noFunc bool) error {
	switch {
	case cl.outer.ReadOnly:
		return errReadOnly
	case noFunc:
		return invalid("the function is nil")
	case w.hooks.stores(),
		w.hooks.usesCalls() && !w.hooks.Uploads, cl.narrows():
		return errorf(ErrUnsupported, "a wrapper doesn't support uploads in parts")
	}
	return nil
}

// narrows reports whether a Put through the wrapper would refuse or mask what one to the
// bucket below doesn't.
func (c *claims) narrows() bool {
	return c.refuses() || c.coarser()
}

// refuses is narrows without the coarser times, which the signing of a form doesn't
// return.
func (c *claims) refuses() bool {
	b, o := &c.below, &c.outer
	return c.masks || b.IfAbsent && !o.IfAbsent || b.IfVersion && !o.IfVersion ||
		o.MaxSize > 0 && (b.MaxSize <= 0 || o.MaxSize < b.MaxSize)
}
