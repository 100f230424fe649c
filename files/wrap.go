package files

import (
	"context"
	"errors"
	"io"
	"sync/atomic"

	"cloudfiles.dev/files/internal/blockcache"
	readable "cloudfiles.dev/files/internal/content"
	"cloudfiles.dev/files/internal/nils"
)

// Wrap returns a bucket that passes every operation, including the optional ones,
// through the hooks to b. It is the only type that forwards: a wrapper that embeds
// Bucket loses the optional abilities, or leaks them. The wrapper refuses by itself
// what its Features don't claim, whatever b can do.
//
// A logging wrapper is a few lines:
//
//	files.Wrap(b, files.Hooks{Done: func(ctx context.Context, c *files.Call, n int64, err error) {
//		slog.InfoContext(ctx, "files", "op", c.Op, "name", c.Name, "n", n, "err", err)
//	}})
func Wrap(b Bucket, h Hooks) Bucket {
	if nils.Is(b) {
		b = refusing{errNilBucket}
	}
	h.Names = h.Names.complete()
	w := &wrapped{inner: b, hooks: h}
	w.known.Store(w.claim(w.features()))
	return w
}

type wrapped struct {
	inner  Bucket
	hooks  Hooks
	known  atomic.Pointer[claims]
	closed atomic.Bool
	memory blockcache.Owner

	alsoClose Bucket // below inner, which doesn't close it; or nil
}

// BlockShare returns the memory for blocks of open files: that of the bucket below, in
// a space of the wrapper's own.
func (w *wrapped) BlockShare() blockcache.Share { return w.memory.Share(w.inner) }

// features returns the features of the bucket below, and if it is a wrapper, the claims
// that they are from.
func (w *wrapped) features() (Features, *claims) {
	if below, ok := w.inner.(*wrapped); ok {
		c := below.claims()
		return c.outer, c
	}
	return w.inner.Features(), nil
}

// claim returns what the wrapper can do over a bucket with these features.
func (w *wrapped) claim(below Features, from *claims) *claims {
	c := &claims{
		below: below,
		outer: below,
		from:  from,
	}
	f, h := &c.outer, &w.hooks
	f.MaxName = f.maxName()
	if h.Names != nil {
		f.MaxName = max(f.MaxName-h.Names.Extra, 1) // 0 would stand for 1024
		f.ForeignKeys = false
	}
	if h.intercepts() { // a copy below and a signed URL would bypass it
		f.ServerCopy, f.SignGet, f.SignPut = false, false, false
		f.SignDelete, f.SignContentType = false, false
		f.SignHead, f.SignResponse, f.SignSize, f.SignIfAbsent = false, false, false, false
	}
	if h.Transform != nil {
		f.Digests, f.ForeignKeys = false, false
	}
	if h.Features != nil {
		*f = h.Features(*f)
		f.MaxName = f.maxName()
	}
	if below.Versions && !f.Versions { // so nothing takes or returns one
		f.IfVersion, f.DeleteIfVersion, f.ReadConditions = false, false, false
		f.PutReturnsVersion, f.VersionPerPut = false, false
	}
	f.signs(&below)
	c.hiding()
	return c
}

// claims returns what the wrapper can do, which changes with the bucket below.
func (w *wrapped) claims() *claims {
	c := w.known.Load()
	if below, ok := w.inner.(*wrapped); ok {
		// The wrapper below makes new claims only if something has changed.
		if from := below.claims(); from != c.from {
			c = w.claim(from.outer, from)
			w.known.Store(c)
		}
		return c
	}
	if f := w.inner.Features(); f != c.below {
		c = w.claim(f, nil)
		w.known.Store(c)
	}
	return c
}

func (w *wrapped) Features() Features { return w.claims().outer }

// Close closes the wrapper. It closes the bucket below only if the wrapper owns it
// (X3).
func (w *wrapped) Close() error {
	if w.closed.Swap(true) {
		return nil
	}
	w.memory.Close()
	var err error
	if w.hooks.OnClose != nil {
		err = w.hooks.OnClose()
	}
	if w.hooks.CloseInner {
		if cerr := w.inner.Close(); err == nil {
			err = cerr
		}
		if w.alsoClose != nil {
			err = errors.Join(err, w.alsoClose.Close())
		}
	}
	return newError(OpClose, "", err)
}

// As reaches what lies below, unless that would bypass the wrapper.
func (w *wrapped) As(target any) bool {
	if w.hooks.Restrict || w.hooks.Names != nil || w.hooks.intercepts() || w.hooks.Entry != nil ||
		w.claims().differs {
		return false
	}
	if p, ok := target.(*Bucket); ok && p != nil {
		*p = w.inner
		return true
	}
	a, ok := w.inner.(aser)
	return ok && a.As(target)
}

// check begins every operation on a name, in the order of rule E2.
func (w *wrapped) check(ctx context.Context, c *claims, name, key string) error {
	if w.closed.Load() {
		return ErrClosed
	}
	if err := checkTarget(name, key, c.outer.MaxName); err != nil {
		return err
	}
	if key != "" && !c.outer.ForeignKeys {
		return errorf(ErrUnsupported, "the bucket doesn't support raw keys")
	}
	if n := w.hooks.Names; n != nil && n.Check != nil && key == "" {
		if err := n.Check(name); err != nil {
			return err
		}
	}
	if ctx == nil {
		return errNilContext
	}
	return nil
}

func (w *wrapped) in(name string) string {
	if w.hooks.Names == nil || name == "" {
		return name
	}
	return w.hooks.Names.In(name)
}

// call returns the Call of an operation.
func (w *wrapped) call(ctx context.Context, op Op, name string) *Call {
	return &Call{
		Op:   op,
		Name: name,
		w:    w,
		ctx:  ctx,
	}
}

// step is what a call of next does.
type step interface {
	do(ctx context.Context) error
}

// stepFunc is a step made of a function.
type stepFunc func(ctx context.Context) error

func (f stepFunc) do(ctx context.Context) error { return f(ctx) }

// around runs the operation inside the hooks, and gives its error the caller's name.
// The bucket below checks whether the context has ended, after the options, in the
// order of rule E2.
func (w *wrapped) around(c *Call, s step) error {
	if err := w.begin(c); err != nil {
		return newError(c.Op, c.Name, err)
	}
	if w.hooks.Around == nil {
		return newError(c.Op, c.Name, s.do(c.ctx))
	}
	c.won.on, c.step = true, s
	defer c.settle()
	err := w.hooks.Around(c.ctx, c, c.next)
	c.settle()
	if err == nil && !c.won.ran.Load() && c.Signed.URL == "" && c.Opened == nil {
		err = errorf(ErrUnsupported, "a wrapper did not carry out the operation")
	}
	return newError(c.Op, c.Name, err)
}

// begin calls the first hook.
func (w *wrapped) begin(c *Call) error {
	if w.hooks.Begin == nil {
		return nil
	}
	ctx, err := w.hooks.Begin(c.ctx, c)
	if ctx != nil {
		c.ctx = ctx
	}
	return err
}

// next is what Around gets.
func (c *Call) next(ctx context.Context) error {
	c.won.ran.Store(true)
	if ctx == nil {
		return newError(c.Op, c.Name, errNilContext)
	}
	return newError(c.Op, c.Name, c.step.do(ctx))
}

// done reports the end of the operation.
func (c *Call) done(n int64, err error) {
	if done := c.w.hooks.Done; done != nil {
		done(c.ctx, c, n, err)
	}
}

// passed reports bytes to the wrappers that a body has passed, the lowest first.
func (c *Call) passed(n int64) {
	if c == nil {
		return
	}
	c.below.passed(n)
	if passed := c.w.hooks.Passed; passed != nil {
		passed(c.ctx, c, n)
	}
}

// ended reports the end of a body to the wrappers that wait for it, the lowest first.
func (c *Call) ended(n int64, err error) {
	if c != nil {
		c.below.ended(n, err)
		c.done(n, err)
	}
}

// outer gives an Info the caller's name.
func outer(info Info, name string) Info {
	if name != "" {
		info.Name = name
	}
	return info
}

func (w *wrapped) Put(ctx context.Context, name string, content io.Reader,
	opts *PutOptions) (Info, error) {
	cl := w.claims()
	err := w.check(ctx, cl, name, "")
	if err == nil {
		var ok bool
		if content, ok = readable.Check(content); !ok {
			content = nil // the bucket below refuses it
		}
		err = cl.checkPut(content, opts)
	}
	if limit := cl.limit(opts != nil && opts.Size != nil); err == nil && limit > 0 &&
		content != nil {
		content, err = limited(content, limit)
	}
	if err != nil {
		return Info{}, newError(OpPut, name, err)
	}
	c := w.call(ctx, OpPut, name)
	c.Put, c.Content = opts, content
	end := ending{call: c}
	defer end.report()
	err = w.around(c, stepFunc(func(ctx context.Context) error {
		turn := c.turn()
		info, err := w.put(ctx, c, cl)
		if err != nil {
			return err
		}
		if !c.win(turn, func() { c.Info = cl.putInfo(outer(info, name)) }) {
			return errLost
		}
		return nil
	}))
	end.set(c.Info.Size, err)
	if err != nil {
		return Info{}, err
	}
	return c.Info, nil
}

// put passes the content to the bucket below.
func (w *wrapped) put(ctx context.Context, c *Call, cl *claims) (Info, error) {
	body := c.Content
	if w.hooks.Content != nil && body != nil {
		body = w.hooks.Content(ctx, c, body)
	}
	if w.hooks.Passed != nil && body != nil {
		body = readable.Observe(body, func(n int64) { w.hooks.Passed(c.ctx, c, n) })
	}
	if w.hooks.Transform != nil {
		return w.putTransformed(ctx, c, cl, body)
	}
	return w.inner.Put(ctx, w.in(c.Name), body, c.Put)
}

func (w *wrapped) Stat(ctx context.Context, name string, opts *StatOptions) (Info, error) {
	key := ""
	if opts != nil {
		key = opts.Key
	}
	cl := w.claims()
	if err := w.check(ctx, cl, name, key); err != nil {
		return Info{}, newError(OpStat, name, err)
	}
	if !w.hooks.usesCalls() {
		info, err := w.inner.Stat(ctx, w.in(name), opts)
		if err != nil {
			return Info{}, newError(OpStat, name, cl.failed(err))
		}
		return cl.info(outer(info, name)), nil
	}
	c := w.call(ctx, OpStat, name)
	c.Stat = opts
	end := ending{call: c}
	defer end.report()
	err := w.around(c, stepFunc(func(ctx context.Context) error {
		turn := c.turn()
		info, err := w.inner.Stat(ctx, w.in(name), c.Stat)
		if err == nil && w.hooks.Transform != nil {
			info, err = w.hooks.Transform.info(c, outer(info, name))
		}
		if err != nil {
			return cl.failed(err)
		}
		if !c.win(turn, func() { c.Info = cl.info(outer(info, name)) }) {
			return errLost
		}
		return nil
	}))
	end.set(0, err)
	if err != nil {
		return Info{}, err
	}
	return c.Info, nil
}

func (w *wrapped) Delete(ctx context.Context, name string, opts *DeleteOptions) error {
	key := ""
	if opts != nil {
		key = opts.Key
	}
	cl := w.claims()
	err := w.check(ctx, cl, name, key)
	if err == nil {
		err = cl.checkDelete(opts)
	}
	if err != nil {
		return newError(OpDelete, name, err)
	}
	c := w.call(ctx, OpDelete, name)
	c.Delete = opts
	end := ending{call: c}
	defer end.report()
	err = w.around(c, stepFunc(func(ctx context.Context) error {
		return w.inner.Delete(ctx, w.in(name), c.Delete)
	}))
	end.set(0, err)
	return err
}
