package driver

import (
	"context"
	"io"

	"cloudfiles.dev/files"
)

// Get opens the file and makes its Reader, which resumes a broken body if the backend
// allows it (G5).
func (b *bucket) Get(ctx context.Context, name string,
	opts *files.GetOptions) (*files.Reader, error) {
	r, err := b.get(ctx, name, opts)
	if err != nil {
		return nil, NewError(files.OpGet, name, err)
	}
	return r, nil
}

var wholeFile files.GetOptions

func (b *bucket) get(ctx context.Context, name string,
	opts *files.GetOptions) (*files.Reader, error) {
	if opts == nil {
		opts = &wholeFile
	}
	if err := b.acquire(); err != nil {
		return nil, err
	}
	opened := false
	defer func() { // even if a hook below panics
		if !opened {
			b.release()
		}
	}()
	r, err := b.open(ctx, name, opts)
	opened = err == nil
	return r, err
}

func (b *bucket) open(ctx context.Context, name string,
	opts *files.GetOptions) (*files.Reader, error) {
	key, err := target(name, opts.Key)
	if err == nil {
		err = b.checkKey(key)
	}
	if err == nil {
		err = b.checkGet(opts)
	}
	if err == nil && ctx == nil {
		err = errNilContext
	}
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, ContextError(ctx)
	}
	req := OpenRequest{
		Key:          key,
		Range:        opts.Range,
		IfNotVersion: opts.IfNotVersion,
		IfVersion:    opts.IfVersion,
		Growing:      opts.Growing,
	}
	o, err := b.backend.Open(ctx, req)
	if err != nil {
		return nil, err
	}
	ahead := b.readAhead
	if opts.Connections > 0 || opts.ConnectionsAfter > 0 {
		ahead = ReadAhead{
			Connections: min(opts.Connections, maxConnections),
			After:       opts.ConnectionsAfter,
			asked:       true,
		}.or(ahead)
	}
	suits := ahead.suits(&o)
	if err = o.check(); err == nil {
		err = o.skip()
	}
	if err != nil {
		if o.Body != nil {
			o.Body.Close()
		}
		return nil, err
	}
	b.seen(&o.Info, key)
	setName(&o.Info, key)
	body := o.Body
	if _, local := body.(ImmediateBody); !local && body != nil && b.feat().ReadConditions {
		from := &source{
			backend: b.backend,
			req:     req,
			info:    o.Info,
		}
		from.requests.Store(1)
		alone := &resumingBody{
			ctx:  ctx,
			from: from,
			off:  o.Offset,
			left: o.Length,
			body: body,
		}
		if body = alone; suits {
			body = newWideBody(b, ahead, alone)
		}
	}
	return NewReader(ctx, ReaderConfig{
		Name:    name,
		Info:    o.Info,
		Offset:  o.Offset,
		Length:  o.Length,
		Body:    body,
		Timeout: opts.ReadTimeout,
		Verify:  !opts.SkipVerify && b.feat().Digests,
		OnClose: b.releaseFn,
	}), nil
}

// check refuses numbers that no file can have: what a service reports is not trusted.
func (o *Object) check() error {
	size := o.Info.Size
	if size >= 0 && o.Offset >= 0 && o.Length >= 0 && o.Offset <= size &&
		o.Length <= size-o.Offset && o.Before >= 0 && o.Before <= o.Offset {
		return nil
	}
	return Errorf(files.ErrUnavailable, "the response reports %d bytes from offset "+
		"%d of a file of %d bytes", o.Length, o.Offset, size)
}

// MaxBefore is how many bytes in front of a range New reads and throws away at most, if
// a service sends the whole file in place of the range (G3).
const MaxBefore = 8 << 20

// skip reads what the body has in front of the range. A range of no bytes needs no body.
func (o *Object) skip() error {
	if o.Length == 0 && o.Body != nil {
		o.Body.Close()
		o.Body, o.Before = nil, 0
	}
	if o.Before == 0 {
		return nil
	}
	if o.Before > MaxBefore {
		return Errorf(files.ErrUnavailable, "the service sends the whole file in place of "+
			"a range, and %d bytes in front of it are too many to be thrown away", o.Before)
	}
	n, err := io.CopyN(io.Discard, o.Body, o.Before)
	if err == io.EOF {
		err = Errorf(files.ErrUnavailable, "the body ended %d bytes in front of the range",
			o.Before-n)
	}
	o.Before = 0
	return err
}

func (b *bucket) checkGet(opts *files.GetOptions) error {
	if err := opts.Range.Check(); err != nil {
		return err
	}
	if opts.ReadTimeout < 0 {
		return Errorf(files.ErrInvalid, "negative read timeout %v", opts.ReadTimeout)
	}
	if opts.Connections < 0 || opts.ConnectionsAfter < 0 {
		return Errorf(files.ErrInvalid, "negative number of connections, or of bytes")
	}
	if (opts.IfNotVersion != "" || opts.IfVersion != "") && !b.feat().ReadConditions {
		return Errorf(files.ErrUnsupported, "the bucket has no conditional reads")
	}
	return nil
}

// Stat checks the call and completes the Info that the backend returns.
func (b *bucket) Stat(ctx context.Context, name string,
	opts *files.StatOptions) (files.Info, error) {
	raw := ""
	if opts != nil {
		raw = opts.Key
	}
	key, err := target(name, raw)
	if err == nil {
		err = b.enter(ctx, key, nil)
	} else if b.isClosed() {
		err = files.ErrClosed
	}
	if err != nil {
		return files.Info{}, NewError(files.OpStat, name, err)
	}
	defer b.release()
	info, err := b.backend.Stat(ctx, key)
	if err == nil && info.Size < 0 {
		err = Errorf(files.ErrUnavailable, "the response reports a file of %d bytes",
			info.Size)
	}
	if err != nil {
		return files.Info{}, NewError(files.OpStat, name, err)
	}
	b.seen(&info, key)
	setName(&info, key)
	info.Attributes = info.Attributes.Clone()
	return info, nil
}

// setName fills in the name or key that the caller gave.
func setName(info *files.Info, key Key) {
	if key.Raw {
		info.Name, info.Key = "", key.Name
	} else {
		info.Name, info.Key = key.Name, ""
	}
	info.IsDir = false
}
