package files

import "context"

// The optional abilities of a wrapper: each is there if the bucket below has it, and
// returns errors.ErrUnsupported otherwise.

// CopyFrom copies in the bucket below, inside the hook. A wrapper that intercepts
// contents has no server-side copy.
func (w *wrapped) CopyFrom(ctx context.Context, dstName string, src Bucket, srcName string,
	opts *CopyOptions) (Info, error) {
	cl := w.claims()
	err := w.check(ctx, cl, dstName, "")
	if err == nil {
		err = cl.checkCopy(opts)
	}
	if err == nil && src == nil {
		err = errNilBucket
	}
	inner, ok := w.inner.(copier)
	if err == nil && (!ok || !cl.outer.ServerCopy || cl.streams || w.hooks.stores()) {
		err = ErrUnsupported
	}
	if err != nil {
		return Info{}, newError(OpCopy, dstName, err)
	}
	c := &Call{
		Op:         OpCopy,
		Name:       dstName,
		Source:     src,
		SourceName: srcName,
		Copy:       opts,
		w:          w,
		ctx:        ctx,
	}
	end := ending{call: c}
	defer end.report()
	err = w.around(c, stepFunc(func(ctx context.Context) (err error) {
		turn := c.turn()
		from, name := src, srcName
		if from == Bucket(w) { // one call for both ends
			if w.hooks.reads() {
				return ErrUnsupported
			}
			if err := w.check(ctx, cl, srcName, ""); err != nil {
				return err
			}
			from, name = w.inner, w.in(srcName)
		}
		info, err := inner.CopyFrom(ctx, w.in(dstName), from, name, c.Copy)
		if err == nil && !c.win(turn, func() { c.Info = cl.info(outer(info, dstName)) }) {
			err = errLost
		}
		return err
	}))
	end.set(c.Info.Size, err)
	if err != nil {
		return Info{}, err
	}
	return c.Info, nil
}

// WithCopySource lets a copy read from the bucket below, inside the hook.
func (w *wrapped) WithCopySource(ctx context.Context, name string,
	fn func(ctx context.Context, b Bucket, name string) error) error {
	cl := w.claims()
	err := w.check(ctx, cl, name, "")
	switch {
	case err != nil:
	case fn == nil:
		err = invalid("the function is nil")
	case w.hooks.reads() || cl.streams:
		err = ErrUnsupported
	}
	if err != nil {
		return newError(OpCopyFrom, name, err)
	}
	c := w.call(ctx, OpCopyFrom, name)
	end := ending{call: c}
	defer end.report()
	err = w.around(c, stepFunc(func(ctx context.Context) error {
		return fn(ctx, w.inner, w.in(name))
	}))
	end.set(0, err)
	return err
}

// View returns different values for views that store one file differently, for Copy and
// Move; nil is the file as it is stored.
func (w *wrapped) View(name string) any {
	if w.hooks.Transform != nil {
		return w
	}
	return viewOf(w.inner, w.in(name))
}

// CheckNative calls CheckNative of the bucket below.
func (w *wrapped) CheckNative(op Op, options []NativeOption) error {
	if w.closed.Load() {
		return ErrClosed
	}
	return checkNative(w.inner, op, options)
}

// Locate returns the store and key of the file in the bucket below.
func (w *wrapped) Locate(name string) (any, string) {
	if w.check(context.Background(), w.claims(), name, "") != nil {
		return nil, ""
	}
	l, ok := w.inner.(locator)
	if !ok {
		return w.inner, w.in(name)
	}
	return l.Locate(w.in(name))
}

// SignURL signs for the name below, unless Around signs by itself.
func (w *wrapped) SignURL(ctx context.Context, name string, opts *SignOptions) (SignedURL, error) {
	var o SignOptions
	if opts != nil {
		o = *opts
	}
	op, _ := o.Op()
	cl := w.claims()
	err := w.check(ctx, cl, name, "")
	if err == nil {
		err = o.Check(cl.outer)
	}
	if err != nil {
		return SignedURL{}, newError(op, name, err)
	}
	c := w.call(ctx, op, name)
	c.Sign = opts
	end := ending{call: c}
	defer end.report()
	err = w.around(c, stepFunc(func(ctx context.Context) error {
		turn := c.turn()
		// What is fetched or sent with the URL doesn't pass through a hook.
		if w.hooks.intercepts() {
			return errorf(ErrUnsupported,
				"a wrapper changes or checks contents, which a signed URL would bypass")
		}
		signed, err := SignURL(ctx, w.inner, w.in(name), c.Sign)
		if err == nil && !c.win(turn, func() { c.Signed = signed }) {
			err = errLost
		}
		return err
	}))
	end.set(0, err)
	if err != nil {
		return SignedURL{}, err
	}
	return c.Signed, nil
}

// DeleteMany deletes in the bucket below.
func (w *wrapped) DeleteMany(ctx context.Context, names []string) []error {
	errs := make([]error, len(names))
	cl := w.claims()
	var refused error
	switch {
	case w.closed.Load(): // before a hook may refuse (E2)
		refused = ErrClosed
	case cl.outer.ReadOnly:
		refused = errReadOnly
	case ctx == nil:
		refused = errNilContext
	}
	if refused != nil {
		for i, name := range names {
			err := refused
			if err != ErrClosed { // but not before what is wrong with the name
				if cerr := w.check(context.Background(), cl, name, ""); cerr != nil {
					err = cerr
				}
			}
			errs[i] = newError(OpDelete, name, err)
		}
		return errs
	}
	c := w.call(ctx, OpDeleteMany, "")
	c.Names, c.Errors = names, errs
	end := ending{call: c}
	defer end.report()
	err := w.around(c, stepFunc(func(ctx context.Context) error {
		turn, of := c.turn(), c.Names
		each := w.deleteEach(ctx, cl, of)
		if !c.win(turn, func() { copy(errs, each) }) {
			return errLost
		}
		return nil
	}))
	for i := range errs {
		if err != nil {
			errs[i] = err
		}
		errs[i] = newError(OpDelete, names[i], errs[i])
	}
	end.set(int64(len(names)), err)
	return errs
}

// deleteEach deletes what may be deleted, and returns an error, or nil, for each name.
func (w *wrapped) deleteEach(ctx context.Context, cl *claims, names []string) []error {
	errs := make([]error, len(names))
	var inner []string
	var at []int
	for i, name := range names {
		if errs[i] = w.check(ctx, cl, name, ""); errs[i] == nil {
			inner, at = append(inner, w.in(name)), append(at, i)
		}
	}
	for j, err := range deleteBatch(ctx, w.inner, inner) {
		errs[at[j]] = err
	}
	return errs
}

// Check checks the bucket below.
func (w *wrapped) Check(ctx context.Context) error {
	if w.closed.Load() {
		return newError(OpCheck, "", ErrClosed)
	}
	if ctx == nil {
		return newError(OpCheck, "", errNilContext)
	}
	c := w.call(ctx, OpCheck, "")
	end := ending{call: c}
	defer end.report()
	err := w.around(c, stepFunc(func(ctx context.Context) error { return Check(ctx, w.inner) }))
	end.set(0, err)
	return err
}
