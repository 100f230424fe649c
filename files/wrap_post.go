package files

import "context"

// WithSignPost lets the signing of a form reach the bucket below, inside the hook, as
// the signing of a PUT. A form that would bypass the wrapper is refused.
func (w *wrapped) WithSignPost(ctx context.Context, name string,
	fn func(ctx context.Context, b Bucket, name string) error) error {
	cl := w.claims()
	err := w.check(ctx, cl, name, "")
	if err == nil {
		err = SignOptions{Method: "PUT"}.Check(cl.outer)
	}
	switch {
	case err != nil:
	case fn == nil:
		err = invalid("the function is nil")
	case cl.narrows():
		err = Errorf(ErrUnsupported, "a form would bypass a wrapper that refuses some uploads")
	}
	if err != nil {
		return NewError(OpSignPut, name, err)
	}
	c := w.call(ctx, OpSignPut, name)
	c.Sign = &SignOptions{Method: "PUT"}
	end := ending{call: c}
	defer end.report()
	err = w.around(c, stepFunc(func(ctx context.Context) error {
		if w.hooks.intercepts() {
			return Errorf(ErrUnsupported,
				"a wrapper changes or checks contents, which a signed form would bypass")
		}
		return fn(ctx, w.inner, w.in(name))
	}))
	end.set(0, err)
	return err
}
