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
		return nil, NewError(OpGet, name, err)
	}
	c := &Call{Op: OpGet, Name: name, Get: opts}
	var (
		r    *Reader
		from *opening // of r, or nil
	)
	end := ending{w: w, ctx: ctx, call: c}
	opened := false
	defer func() {
		if !opened { // otherwise the body's Close reports it
			r.Close() // if the hook failed, or panicked, after the call had succeeded
			end.tell()
		}
	}()
	err = w.around(ctx, c, func(hook context.Context) error {
		turn := c.turn()
		o := newOpening(ctx, hook)
		got, err := w.open(hook, o, c, cl)
		if err != nil {
			return err
		}
		var before *Reader
		if !c.win(turn, func() { before, r, from, c.Info = r, got, o, got.Info() }) {
			got.Close()
			return errLost
		}
		before.Close() // if a hook retries
		return nil
	})
	if err == nil && r == nil {
		err = NewError(OpGet, name,
			Errorf(ErrUnsupported, "a wrapper hid the failure of the operation"))
	}
	if err != nil {
		end.is(0, err)
		return nil, err
	}
	opened = true
	if from != nil {
		r.also = append(r.also, from.govern(ctx))
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

// open opens the file below under the context of o, or of the hook if there is no o.
func (w *wrapped) open(hook context.Context, o *opening, c *Call, cl *claims) (*Reader, error) {
	ctx := hook
	if o != nil {
		ctx = o.ctx
	}
	if o == nil {
		return w.openBelow(ctx, c, cl)
	}
	whole := false
	defer func() {
		if !whole {
			o.end()
		}
	}()
	r, err := w.openBelow(ctx, c, cl)
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

func (w *wrapped) openBelow(ctx context.Context, c *Call, cl *claims) (*Reader, error) {
	var (
		r   *Reader
		err error
	)
	if w.hooks.Transform != nil {
		r, err = w.openTransformed(ctx, c, cl)
	} else {
		r, err = w.inner.Get(ctx, w.in(c.Name), c.Get)
	}
	if err != nil {
		return nil, err
	}
	if r == nil || r.body == nil {
		return nil, Errorf(ErrUnsupported, "the bucket below opened nothing")
	}
	whole := false
	defer func() {
		if !whole { // a hook panicked
			r.Close()
		}
	}()
	r.name, r.info = c.Name, cl.info(outer(r.info, c.Name))
	if cl.below.Digests && !cl.outer.Digests && w.hooks.Transform == nil {
		r.check = checker{}
	}
	if w.hooks.Body != nil {
		if body := w.hooks.Body(ctx, c, r.body); body != nil {
			r.body = newLayer(body, r.body)
			r.watch()
		}
	}
	whole = true
	return r, nil
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
