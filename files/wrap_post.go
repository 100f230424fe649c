package files

import "context"

// WithSignPost lets the signing of a form reach the bucket below, inside the hook, as
// the signing of a PUT. A form that would bypass the wrapper is refused.
func (w *wrapped) WithSignPost(ctx context.Context, name string,
	fn func(ctx context.Context, b Bucket, name string) error) error {
	return w.signBelow(ctx, name, fn, func(cl *claims) error {
		if cl.refuses() {
			return errorf(ErrUnsupported, "a form would bypass a wrapper that refuses some uploads")
		}
		return nil
	})
}

// WithSignPart is WithSignPost for the signing of a part of an upload. A wrapper that
// passes no uploads in parts refuses it too.
func (w *wrapped) WithSignPart(ctx context.Context, name string,
	fn func(ctx context.Context, b Bucket, name string) error) error {
	return w.signBelow(ctx, name, fn, func(cl *claims) error { return w.uploads(cl, fn == nil) })
}

// signBelow lets the signing of something that stores files reach the bucket below,
// unless refuse returns why the wrapper refuses it.
func (w *wrapped) signBelow(ctx context.Context, name string,
	fn func(ctx context.Context, b Bucket, name string) error,
	refuse func(cl *claims) error) error {
	cl := w.claims()
	err := w.check(ctx, cl, name, "")
	if err == nil {
		err = SignOptions{Method: "PUT"}.Check(cl.outer)
	}
	if err == nil && fn == nil {
		err = invalid("the function is nil")
	}
	if err == nil {
		err = refuse(cl)
	}
	if err != nil {
		return newError(OpSignPut, name, err)
	}
	c := w.call(ctx, OpSignPut, name)
	c.Sign = &SignOptions{Method: "PUT"}
	end := ending{call: c}
	defer end.report()
	err = w.around(c, stepFunc(func(ctx context.Context) error {
		if w.hooks.intercepts() {
			return errorf(ErrUnsupported,
				"a wrapper changes or checks contents, which a signed upload would bypass")
		}
		return fn(ctx, w.inner, w.in(name))
	}))
	end.set(0, err)
	return err
}
