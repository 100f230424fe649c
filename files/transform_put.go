package files

import (
	"bytes"
	"context"
	"io"
	"net/url"
	"strings"
	"sync"

	readable "cloudfiles.dev/files/internal/content"
	"cloudfiles.dev/files/internal/contenttype"
	"cloudfiles.dev/files/internal/digests"
)

// putTransformed stores what Transform.Put returns for the content.
func (w *wrapped) putTransformed(ctx context.Context, c *Call, cl *claims,
	content io.Reader) (Info, error) {
	t := w.hooks.Transform
	var o PutOptions
	if c.Put != nil {
		o = *c.Put
	}
	if content == nil {
		return Info{}, invalid("content is nil")
	}
	attrs, err := t.attributes(o.Attributes)
	if err != nil {
		return Info{}, err
	}
	p := &plainContent{ctx: ctx, src: content, size: -1}
	if o.Size != nil {
		if p.size = *o.Size; p.size < 0 {
			return Info{}, invalid("negative size %d", p.size)
		}
	} else {
		p.size = sizeInMemory(content)
	}
	if p.want, err = o.Digest.Normalize(); err != nil {
		return Info{}, err
	}
	if err := checkNative(w.inner, OpPut, o.Native); err != nil { // before the content is read
		return Info{}, err
	}
	if t.Put == nil {
		return Info{}, invalid("the wrapper's Transform has no Put")
	}
	if ctx.Err() != nil {
		return Info{}, contextError(ctx)
	}
	defer p.finish()
	p.digests = cl.outer.Digests || !p.want.IsZero()
	p.begin()
	if attrs.ContentType == "" {
		if attrs.ContentType, err = p.findType(c.Name); err != nil {
			return Info{}, err
		}
	}
	o.Digest = Digest{}
	s := &storedContent{
		ctx:   ctx,
		t:     t,
		call:  c,
		plain: p,
		opts:  &o,
		attrs: attrs,
	}
	defer s.close()
	if err := s.encode(); err != nil {
		return Info{}, p.cause(err)
	}
	var stored io.Reader = s
	if p.seeker != nil {
		stored = &seekableStored{s}
	}
	info, err := w.inner.Put(ctx, w.in(c.Name), stored, &o)
	if err != nil {
		return Info{}, p.cause(err)
	}
	info.Size, info.Attributes, info.Digest = p.n, attrs.Clone(), Digest{}
	if !cl.below.Attributes {
		info.Attributes = Attributes{ContentType: attrs.ContentType}
	}
	if cl.outer.Digests {
		info.Digest = Digest(p.hasher.Sum())
	}
	return info, nil
}

// sizeInMemory returns the size of content that a Put may read without a copy, or -1.
func sizeInMemory(content io.Reader) int64 {
	switch r := content.(type) {
	case *bytes.Reader:
		return int64(r.Len())
	case *bytes.Buffer:
		return int64(r.Len())
	case *strings.Reader:
		return int64(r.Len())
	}
	return -1
}

// attributes returns the caller's attributes, if they leave room for the wrapper's own
// metadata.
func (t *Transform) attributes(a Attributes) (Attributes, error) {
	n, err := a.Normalize()
	if err != nil || t.Metadata <= 0 {
		return n, err
	}
	if size, most := metadataSize(n.Metadata), MaxMetadata-t.Metadata; size > max(most, 0) {
		return n, invalid("metadata has %d bytes, more than %d", size, max(most, 0))
	}
	return n, nil
}

// metadataSize returns the size that MaxMetadata bounds.
func metadataSize(m map[string]string) (n int) {
	for k, v := range m {
		n += len(url.QueryEscape(k)) + len(url.QueryEscape(v))
	}
	return n
}

// plainContent is a Put's content above a Transform: counted, digested and checked.
type plainContent struct {
	ctx    context.Context
	src    io.Reader
	seeker io.Seeker // nil if src can't be rewound
	start  int64     // where src began
	size   int64     // declared, or that of content in memory, or -1
	want   Digest    // declared
	// digests says that the content's digests are compared or returned. Otherwise they
	// aren't computed, because that may take as long as the Transform itself.
	digests bool

	mu       sync.Mutex
	head     []byte // read ahead
	headErr  error
	hasher   digests.Hasher
	n        int64
	err      error // what ended it, including io.EOF
	finished bool
}

func (p *plainContent) begin() {
	p.hasher.Init(digests.Digest(p.want))
	if s, ok := p.src.(io.Seeker); ok {
		// otherwise it is a pipe, which is an *os.File as well
		if at, err := s.Seek(0, io.SeekCurrent); err == nil {
			p.seeker, p.start = s, at
		}
	}
}

// findType finds the content type as drivers do (P6).
func (p *plainContent) findType(name string) (string, error) {
	if t, ok := contenttype.ByName(name); ok {
		return t, nil
	}
	buf := make([]byte, contenttype.SniffLen)
	var (
		n, idle int
		err     error
	)
	for n < len(buf) && err == nil {
		var m int
		if m, err = p.readSource(buf[n:]); m == 0 && err == nil {
			if idle++; idle == 100 {
				err = errorf(ErrInvalid,
					"content's Read returned no bytes and no error 100 times: %w",
					io.ErrNoProgress)
			}
		}
		n += m
	}
	if err != nil && err != io.EOF {
		return "", err
	}
	p.head, p.headErr = buf[:n], err
	return contenttype.Of(name, p.head), nil
}

func (p *plainContent) readSource(b []byte) (int, error) {
	n, err := p.src.Read(b)
	if n < 0 || n > len(b) {
		return 0, invalid("content's Read returned the impossible count %d", n)
	}
	if wrong, ok := err.(*readable.NilError); ok {
		err = invalid("%s", wrong.Error())
	}
	return n, err
}

func (p *plainContent) Read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.finished:
		return 0, ErrClosed
	case p.err != nil:
		return 0, p.err
	case p.ctx.Err() != nil:
		return 0, contextError(p.ctx)
	}
	var n int
	var err error
	switch {
	case len(p.head) > 0:
		n = copy(b, p.head)
		p.head = p.head[n:]
	case p.headErr != nil:
		err = p.headErr
	default:
		n, err = p.readSource(b)
	}
	if p.digests {
		p.hasher.Write(b[:n])
	}
	p.n += int64(n)
	switch {
	case p.size >= 0 && p.n > p.size:
		err = errorf(ErrCorrupt, "content is longer than the %d bytes declared", p.size)
	case err == io.EOF:
		err = p.complete()
	}
	if p.err = err; err != nil && err != io.EOF {
		n = 0
	}
	return n, err
}

// complete compares the whole content with what was declared.
func (p *plainContent) complete() error {
	if p.size >= 0 && p.n < p.size {
		return errorf(ErrCorrupt, "content has %d bytes, fewer than the %d declared", p.n, p.size)
	}
	if !p.digests {
		return io.EOF
	}
	if which := Digest(p.hasher.Sum()).Conflict(p.want); which != "" {
		return errorf(ErrCorrupt, "the content's %s digest is not the one declared", which)
	}
	return io.EOF
}

// cause returns the content's own failure, of which err is a consequence, or err.
func (p *plainContent) cause(err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil || p.err == io.EOF || KindOf(err) == ErrUncertain {
		return err
	}
	return p.err
}

// ended returns what is wrong if the stored content ends before the plain one has ended
// well.
func (p *plainContent) ended() error {
	var one [1]byte
	switch n, err := p.Read(one[:]); { // a reader that knows the length need not read the end
	case n > 0:
		return invalid("the wrapper's content ended before the caller's")
	case err != nil:
		return err
	}
	return nil
}

// finish prevents further reading (P12).
func (p *plainContent) finish() {
	p.mu.Lock()
	p.finished = true
	p.mu.Unlock()
}

func (p *plainContent) rewind() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := p.seeker.Seek(p.start, io.SeekStart); err != nil {
		return err
	}
	p.head, p.headErr, p.n, p.err = nil, nil, 0, nil
	p.hasher.Init(digests.Digest(p.want))
	return nil
}

// storedContent is what the bucket below reads.
type storedContent struct {
	ctx   context.Context
	t     *Transform
	call  *Call
	plain *plainContent
	opts  *PutOptions
	attrs Attributes
	r     io.Reader
	size  int64
	pos   int64
}

// encode starts the stored content, from the beginning of the plain one.
func (s *storedContent) encode() (err error) {
	s.opts.Attributes, s.opts.Size, s.pos = s.attrs.Clone(), nil, 0
	if s.opts.Metadata == nil {
		s.opts.Metadata = map[string]string{}
	}
	s.r, s.size, err = s.t.Put(s.ctx, s.call, s.plain, s.plain.size, s.opts)
	if err == nil && s.r == nil {
		err = invalid("the wrapper's content is nil")
	}
	if s.size >= 0 {
		s.opts.Size = &s.size
	}
	return err
}

func (s *storedContent) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.pos += int64(max(n, 0))
	if err == io.EOF {
		if end := s.plain.ended(); end != io.EOF {
			return 0, end
		}
	}
	return n, err
}

func (s *storedContent) close() {
	if s.r != nil {
		closeAny(s.r)
		s.r = nil
	}
}

// seekableStored can be rewound: then its content is made again.
type seekableStored struct{ *storedContent }

func (s *seekableStored) Seek(offset int64, whence int) (int64, error) {
	switch {
	case whence == io.SeekCurrent && offset == 0, whence == io.SeekStart && offset == s.pos:
		return s.pos, nil
	case whence != io.SeekStart || offset != 0:
		return s.pos, errorf(ErrUnsupported, "a wrapper's content can only seek to its beginning")
	}
	s.close()
	if err := s.plain.rewind(); err != nil {
		return 0, err
	}
	return 0, s.encode()
}
