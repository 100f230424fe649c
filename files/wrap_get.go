package files

import (
	"context"
	"io"
	"sync"
)

func (w *wrapped) Get(ctx context.Context, name string, opts *GetOptions) (*Reader, error) {
	key := ""
	if opts != nil {
		key = opts.Key
	}
	cl := w.claims()
	err := w.check(ctx, cl, name, key)
	if err == nil {
		err = cl.checkGet(opts)
	}
	if err != nil {
		return nil, newError(OpGet, name, err)
	}
	if !w.hooks.usesCalls() {
		r, err := w.openBelow(ctx, name, opts, nil, cl)
		if err != nil {
			return nil, newError(OpGet, name, err)
		}
		return r, nil
	}
	g := &getting{cl: cl}
	g.call.Op, g.call.Name, g.call.Get, g.call.w, g.call.ctx = OpGet, name, opts, w, ctx
	return g.open()
}

// getting is a Get that passes through the hooks.
type getting struct {
	call   Call
	cl     *claims
	r      *Reader
	from   *opening // of r, or nil
	opened bool
}

func (g *getting) open() (*Reader, error) {
	c := &g.call
	w := c.w
	end := ending{call: c}
	defer func() {
		if !g.opened { // otherwise the body's Close reports it
			g.r.Close() // if the hook failed, or panicked, after the call had succeeded
			c.Opened.Close()
			end.report()
		}
	}()
	err := w.around(c, g)
	if own := c.Opened; own != nil {
		if c.Opened = nil; err == nil && g.r == nil {
			g.r = w.adopt(own, c, g.cl)
		} else {
			own.Close()
		}
	}
	if err == nil && g.r == nil {
		err = newError(OpGet, c.Name,
			errorf(ErrUnsupported, "a wrapper returned no error although the operation failed"))
	}
	if err != nil {
		end.set(0, err)
		return nil, err
	}
	if w.hooks.Passed != nil {
		w.hooks.Passed(c.ctx, c, 0)
	}
	g.opened = true
	if g.from != nil {
		g.r.also = append(g.r.also, g.from.govern(c.ctx))
	}
	if w.hooks.Done != nil || w.hooks.Passed != nil {
		c.below, g.r.call = g.r.call, c
	}
	return g.r, nil
}

// do is what next does.
func (g *getting) do(hook context.Context) error {
	c := &g.call
	turn := c.turn()
	o := newOpening(c.ctx, hook)
	got, err := c.w.openUnder(hook, o, c, g.cl)
	if err != nil {
		return err
	}
	var before *Reader
	if !c.win(turn, func() {
		before, g.r, g.from = g.r, got, o
		c.Info = got.info
		c.Info.Metadata = cloneMap(got.info.Metadata)
	}) {
		got.Close()
		return errLost
	}
	before.Close() // if a hook retries
	return nil
}

// adopt makes a body that Around opened by itself the caller's.
func (w *wrapped) adopt(r *Reader, c *Call, cl *claims) *Reader {
	if r.body == nil {
		return nil
	}
	r.name, r.info = c.Name, cl.info(outer(r.info, c.Name))
	c.Info = r.Info()
	if cl.below.Digests && !cl.outer.Digests && w.hooks.Transform == nil {
		r.check = checker{}
	}
	return r
}

// openUnder opens the file below under the context of o, or of the hook if there is no
// o.
func (w *wrapped) openUnder(hook context.Context, o *opening, c *Call,
	cl *claims) (*Reader, error) {
	ctx := hook
	if o != nil {
		ctx = o.ctx
	}
	if o == nil {
		return w.openBelow(ctx, c.Name, c.Get, c, cl)
	}
	whole := false
	defer func() {
		if !whole {
			o.end()
		}
	}()
	r, err := w.openBelow(ctx, c.Name, c.Get, c, cl)
	whole = true
	if ended := o.opened(); ended != nil { // the hook gave up meanwhile
		r.Close()
		r, err = nil, ended
	}
	if err != nil {
		o.cancel(nil)
		return nil, err
	}
	before := r.onClose
	r.onClose = func() {
		o.end()
		if before != nil {
			before()
		}
	}
	return r, nil
}

// openBelow opens the file in the bucket below. c is nil if no hook gets it.
func (w *wrapped) openBelow(ctx context.Context, name string, opts *GetOptions, c *Call,
	cl *claims) (*Reader, error) {
	var (
		r   *Reader
		err error
	)
	if w.hooks.Transform != nil {
		r, err = w.openTransformed(ctx, c, cl)
	} else {
		r, err = w.inner.Get(ctx, w.in(name), opts)
	}
	if err != nil {
		return nil, err
	}
	if r == nil || r.body == nil {
		return nil, errorf(ErrUnsupported, "the bucket below returned no Reader")
	}
	r.name = name
	if name != "" {
		r.info.Name = name
	}
	if cl.hides {
		r.info = cl.info(r.info)
	}
	if cl.below.Digests && !cl.outer.Digests && w.hooks.Transform == nil {
		r.check = checker{}
	}
	if w.hooks.Body != nil {
		w.replaceBody(ctx, c, r)
	}
	return r, nil
}

// replaceBody lets the body be read through the hook.
func (w *wrapped) replaceBody(ctx context.Context, c *Call, r *Reader) {
	whole := false
	defer func() {
		if !whole { // the hook panicked
			r.Close()
		}
	}()
	below := r.body
	if _, ok := below.(immediateBody); !ok {
		below = &closedOnce{ReadCloser: below} // the hook may close it too
	}
	if body := w.hooks.Body(ctx, c, below); body != nil {
		r.body = newLayer(body, below)
		r.watch()
	}
	whole = true
}

// closedOnce is a body that may be closed several times, also at the same time.
type closedOnce struct {
	io.ReadCloser
	once sync.Once
	err  error
}

func (c *closedOnce) Close() error {
	c.once.Do(func() { c.err = c.ReadCloser.Close() })
	return c.err
}

// layer reads from a hook's reader. Its Close closes that reader, if it can be closed,
// and the body below.
type layer struct {
	r    io.Reader
	body io.Closer
	// A Close without an error result, such as a decoder's, mustn't come during a Read.
	// It waits for the end of the Read, which closing the body brings.
	late            interface{ Close() }
	bare            bool // r itself isn't closed
	mu              sync.Mutex
	reading, closed bool
}

func newLayer(r io.Reader, body io.ReadCloser) *layer {
	l := &layer{r: r, body: body}
	if _, ok := r.(io.Closer); !ok {
		l.late, _ = r.(interface{ Close() })
	}
	return l
}

func (l *layer) Read(p []byte) (int, error) {
	if l.late == nil {
		return l.r.Read(p)
	}
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return 0, ErrClosed
	}
	l.reading = true
	l.mu.Unlock()
	n, err := l.r.Read(p)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.reading = false; l.closed {
		l.late.Close()
	}
	return n, err
}

func (l *layer) Close() error {
	if c, ok := l.r.(io.Closer); ok && !l.bare && c != l.body {
		c.Close()
	}
	err := l.body.Close()
	if l.late != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.closed = true; !l.reading {
			l.late.Close()
		}
	}
	return err
}
