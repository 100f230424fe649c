package files

import (
	"context"
	"io"
	"sync"

	"cloudfiles.dev/files/internal/handover"
)

func (t *Transform) info(c *Call, stored Info) (Info, error) {
	if t.Info == nil {
		return Info{}, invalid("the wrapper's Transform has no Info")
	}
	stored.Attributes = stored.Attributes.Clone()
	return t.Info(c, stored)
}

func (t *Transform) entry(c *Call, stored Entry) (Entry, error) {
	if t.Entry != nil {
		return t.Entry(c, stored)
	}
	i, err := t.info(c, Info{Entry: stored})
	return i.Entry, err
}

// openTransformed opens what Transform.Open returns for the stored file.
func (w *wrapped) openTransformed(ctx context.Context, c *Call, cl *claims) (*Reader, error) {
	t := w.hooks.Transform
	s := &storedParts{w: w, name: c.Name, cl: cl}
	if c.Get != nil {
		s.opts = *c.Get
	}
	r := s.opts.Range
	switch {
	case t.Open == nil:
		return nil, invalid("the wrapper's Transform has no Open")
	case r.Check() != nil:
		return nil, r.Check()
	case s.opts.ReadTimeout < 0:
		return nil, invalid("negative read timeout %v", s.opts.ReadTimeout)
	}
	whole := false
	defer func() {
		if !whole { // the hook panicked
			s.Close()
		}
	}()
	plain, content, err := t.Open(ctx, c, r, s.get)
	whole = true
	if err == nil && s.first == nil {
		err = errorf(ErrUnsupported, "the wrapper's Transform did not open the stored file")
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	info := outer(plain, c.Name)
	info.Version, info.Key, info.IsDir = s.first.info.Version, s.first.info.Key, false
	if info.ModTime.IsZero() {
		info.ModTime = s.first.info.ModTime
	}
	var body io.ReadCloser = s
	if content != nil {
		body = &layer{
			r:    content,
			body: s,
			late: lateCloser{content},
			bare: true,
		}
	}
	off, n := r.Resolve(info.Size)
	made := newReader(ctx, handover.ReaderConfig[Info]{
		Name:    c.Name,
		Info:    info,
		Offset:  off,
		Length:  n,
		Body:    body,
		Timeout: s.opts.ReadTimeout,
		Verify:  !s.opts.SkipVerify && cl.outer.Digests,
	})
	made.requests = s.requests
	return made, nil
}

// renews reports whether a wrapper requires that the file is stored again when it is
// copied onto itself.
func renews(ctx context.Context, b Bucket, name string) (bool, error) {
	w, ok := b.(*wrapped)
	if !ok {
		return false, nil
	}
	t := w.hooks.Transform
	if t == nil || t.Renew == nil {
		return renews(ctx, w.inner, w.in(name))
	}
	s := &storedParts{w: w, name: name, cl: w.claims()}
	defer s.Close()
	again, err := t.Renew(ctx, &Call{Op: OpGet, Name: name}, s.get)
	if err != nil || again {
		return again, err
	}
	return renews(ctx, w.inner, w.in(name))
}

// lateCloser closes a plain body when no Read of it is in progress: closing the parts
// has ended the Read.
type lateCloser struct{ r io.Reader }

func (l lateCloser) Close() { closeAny(l.r) }

// storedParts are the parts of a stored file that a Transform has opened. As a Body
// they are empty.
type storedParts struct {
	w    *wrapped
	name string
	cl   *claims
	opts GetOptions

	mu     sync.Mutex
	first  *Reader
	open   []*Reader
	closed bool
}

func (s *storedParts) get(ctx context.Context, r Range) (*Reader, error) {
	if ctx == nil {
		return nil, errNilContext
	}
	s.mu.Lock()
	first, o := s.first, s.opts
	s.mu.Unlock()
	o.Range = r
	if first != nil {
		o.IfNotVersion = ""
		if s.cl.below.ReadConditions {
			o.IfVersion = first.info.Version
		}
	}
	part, err := s.w.inner.Get(ctx, s.w.in(s.name), &o)
	if kind := KindOf(err); first != nil && (kind == ErrPrecondition || kind == ErrNotExist) {
		err = withCause(ErrChanged, err, "the file was replaced or deleted while it was read")
	}
	if err == nil && first != nil && !sameState(part.info, first.info) {
		part.Close()
		err = withCause(ErrChanged, nil, "the file was replaced while it was read")
	}
	if err != nil {
		return nil, newError(OpGet, s.name, err)
	}
	part.name, part.info = s.name, outer(part.info, s.name)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		part.Close()
		return nil, newError(OpGet, s.name, ErrClosed)
	}
	if s.first == nil {
		s.first = part
	}
	s.open = append(s.open, part)
	return part, nil
}

// sameState compares what is known about two states of one file.
func sameState(a, b Info) bool {
	return a.Version == b.Version && a.Size == b.Size && a.ModTime.Equal(b.ModTime)
}

// requests is Reader.Requests for all parts together.
func (s *storedParts) requests() (n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.open {
		n += r.Requests()
	}
	return n
}

func (s *storedParts) Read([]byte) (int, error) { return 0, io.EOF }

// Close ends all Reads of the parts.
func (s *storedParts) Close() error {
	s.mu.Lock()
	s.closed = true
	open := s.open
	s.mu.Unlock()
	for _, r := range open {
		r.Close()
	}
	return nil
}
