package files

import "context"

// The optional abilities of a wrapper: each is there when the bucket below has it, and answers
// errors.ErrUnsupported otherwise.

// CopyFrom copies in the bucket below, inside the hook. A wrapper that looks at contents has no server-side copy.
func (w *wrapped) CopyFrom(ctx context.Context, dstName string, src Bucket, srcName string, opts *CopyOptions) (Info, error) {
	c := &Call{Op: OpCopy, Name: dstName, Source: src, SourceName: srcName, Copy: opts}
	if err := w.check(dstName, ""); err != nil {
		return Info{}, NewError(OpCopy, dstName, err)
	}
	inner, ok := w.inner.(Copier)
	if !ok || w.hooks.Content != nil {
		return Info{}, NewError(OpCopy, dstName, ErrUnsupported)
	}
	err := w.around(ctx, c, func(ctx context.Context) (err error) {
		from, name := src, srcName
		if from == Bucket(w) { // one call for both ends
			if w.hooks.Body != nil {
				return ErrUnsupported
			}
			if err := w.check(srcName, ""); err != nil {
				return err
			}
			from, name = w.inner, w.in(srcName)
		}
		info, err := inner.CopyFrom(ctx, w.in(dstName), from, name, c.Copy)
		c.Info = outer(info, dstName)
		return err
	})
	w.done(ctx, c, c.Info.Size, err)
	if err != nil {
		return Info{}, err
	}
	return c.Info, nil
}

// WithCopySource lets a copy read from the bucket below, inside the hook.
func (w *wrapped) WithCopySource(ctx context.Context, name string, fn func(ctx context.Context, b Bucket, name string) error) error {
	if err := w.check(name, ""); err != nil {
		return NewError(OpCopyFrom, name, err)
	}
	if w.hooks.Body != nil {
		return NewError(OpCopyFrom, name, ErrUnsupported)
	}
	c := &Call{Op: OpCopyFrom, Name: name}
	err := w.around(ctx, c, func(ctx context.Context) error { return fn(ctx, w.inner, w.in(name)) })
	w.done(ctx, c, 0, err)
	return err
}

// CheckNative asks the bucket below.
func (w *wrapped) CheckNative(op Op, options []NativeOption) error {
	if w.closed.Load() {
		return ErrClosed
	}
	return CheckNative(w.inner, op, options)
}

// Locate tells which file of the bucket below a name is.
func (w *wrapped) Locate(name string) (any, string) {
	if w.check(name, "") != nil {
		return nil, ""
	}
	l, ok := w.inner.(Locator)
	if !ok {
		return w.inner, w.in(name)
	}
	return l.Locate(w.in(name))
}

// SignURL signs for the name below.
func (w *wrapped) SignURL(ctx context.Context, name string, opts *SignOptions) (SignedURL, error) {
	method := ""
	if opts != nil {
		method = opts.Method
	}
	op, err := SignOp(method)
	if cerr := w.check(name, ""); cerr != nil {
		err = cerr
	}
	if err != nil {
		return SignedURL{}, NewError(op, name, err)
	}
	c := &Call{Op: op, Name: name, Sign: opts}
	var signed SignedURL
	err = w.around(ctx, c, func(ctx context.Context) (err error) {
		// What is fetched or sent with the URL doesn't pass through a hook.
		if w.hooks.Body != nil || w.hooks.Content != nil {
			return Errorf(ErrUnsupported, "a wrapper looks at contents, which a signed URL would get round")
		}
		signed, err = SignURL(ctx, w.inner, w.in(name), c.Sign)
		return err
	})
	w.done(ctx, c, 0, err)
	if err != nil {
		return SignedURL{}, err
	}
	return signed, nil
}

// DeleteMany deletes in the bucket below.
func (w *wrapped) DeleteMany(ctx context.Context, names []string) []error {
	errs := make([]error, len(names))
	if w.closed.Load() { // before a hook may refuse (E2)
		for i := range errs {
			errs[i] = NewError(OpDelete, names[i], ErrClosed)
		}
		return errs
	}
	c := &Call{Op: OpDeleteMany, Names: names, Errors: errs}
	err := w.around(ctx, c, func(ctx context.Context) error {
		var inner []string
		var at []int
		for i, name := range c.Names {
			if errs[i] = w.check(name, ""); errs[i] == nil {
				inner, at = append(inner, w.in(name)), append(at, i)
			}
		}
		for j, err := range deleteBatch(ctx, w.inner, inner) {
			errs[at[j]] = err
		}
		return nil
	})
	for i := range errs {
		if err != nil {
			errs[i] = err
		}
		errs[i] = NewError(OpDelete, names[i], errs[i])
	}
	w.done(ctx, c, int64(len(names)), err)
	return errs
}

// Check looks at the bucket below.
func (w *wrapped) Check(ctx context.Context) error {
	if w.closed.Load() {
		return NewError(OpCheck, "", ErrClosed)
	}
	c := &Call{Op: OpCheck}
	err := w.around(ctx, c, func(ctx context.Context) error { return Check(ctx, w.inner) })
	w.done(ctx, c, 0, err)
	return err
}
