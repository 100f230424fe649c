package conformance_test

import (
	"bytes"
	"context"
	"io"
	"iter"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// embedding is the first attempt of many programs: it has the seven methods, and has
// lost the optional ones.
type embedding struct{ files.Bucket }

// signer is a read-only view that embeds, and passes signing on.
type signer struct{ files.Bucket }

func (s *signer) Put(_ context.Context, name string, _ io.Reader,
	_ *files.PutOptions) (files.Info, error) {
	return files.Info{}, driver.NewError(files.OpPut, name, files.ErrPermission)
}
func (s *signer) Delete(_ context.Context, name string, _ *files.DeleteOptions) error {
	return driver.NewError(files.OpDelete, name, files.ErrPermission)
}
func (s *signer) SignURL(ctx context.Context, name string,
	o *files.SignOptions) (files.SignedURL, error) {
	return files.SignURL(ctx, s.Bucket, name, o)
}
func (s *signer) Features() files.Features { return readOnlyFeatures(s.Bucket.Features()) }

// renaming adds a prefix to names, without Wrap.
type renaming struct {
	files.Bucket
	prefix string
}

func (r *renaming) Put(ctx context.Context, name string, c io.Reader,
	o *files.PutOptions) (files.Info, error) {
	info, err := r.Bucket.Put(ctx, r.prefix+name, c, o)
	info.Name = name
	return info, err
}
func (r *renaming) Get(ctx context.Context, name string,
	o *files.GetOptions) (*files.Reader, error) {
	return r.Bucket.Get(ctx, r.prefix+name, o)
}
func (r *renaming) Stat(ctx context.Context, name string,
	o *files.StatOptions) (files.Info, error) {
	info, err := r.Bucket.Stat(ctx, r.prefix+name, o)
	info.Name = name
	return info, err
}
func (r *renaming) Delete(ctx context.Context, name string, o *files.DeleteOptions) error {
	return r.Bucket.Delete(ctx, r.prefix+name, o)
}
func (r *renaming) List(ctx context.Context, dir string,
	o *files.ListOptions) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		for e, err := range r.Bucket.List(ctx, strings.TrimSuffix(r.prefix, "/")+"/"+dir, o) {
			e.Name = strings.TrimPrefix(e.Name, r.prefix)
			if !yield(e, err) {
				return
			}
		}
	}
}

// forgetful does not pass options on.
type forgetful struct{ files.Bucket }

func (f *forgetful) Put(ctx context.Context, name string, c io.Reader,
	_ *files.PutOptions) (files.Info, error) {
	return f.Bucket.Put(ctx, name, c, nil)
}
func (f *forgetful) Get(ctx context.Context, name string,
	_ *files.GetOptions) (*files.Reader, error) {
	return f.Bucket.Get(ctx, name, nil)
}
func (f *forgetful) List(ctx context.Context, dir string,
	_ *files.ListOptions) iter.Seq2[files.Entry, error] {
	return f.Bucket.List(ctx, dir, nil)
}
func (f *forgetful) Delete(ctx context.Context, name string, _ *files.DeleteOptions) error {
	return f.Bucket.Delete(ctx, name, nil)
}

// counting counts the bytes that are read, and does not close the inner body.
type counting struct{ files.Bucket }

func (c *counting) Get(ctx context.Context, name string,
	o *files.GetOptions) (*files.Reader, error) {
	r, err := c.Bucket.Get(ctx, name, o)
	if err != nil {
		return nil, err
	}
	return driver.NewReader(ctx, driver.ReaderConfig{
		Name:   name,
		Info:   r.Info(),
		Offset: r.Offset(),
		Length: r.Len(),
		Body:   io.NopCloser(r),
	}), nil
}

// scrambled is content that a wrapper hides from the bucket below.
func scrambled(r io.Reader) io.Reader {
	return onBytes(r, func(p []byte) {
		for i := range p {
			p[i] ^= 0x55
		}
	})
}

func onBytes(r io.Reader, f func(p []byte)) io.Reader {
	return readFunc(func(p []byte) (int, error) {
		n, err := r.Read(p)
		f(p[:n])
		return n, err
	})
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

// wholeOnly unscrambles whole reads; ranges bypass it.
type wholeOnly struct{ files.Bucket }

func (w *wholeOnly) Put(ctx context.Context, name string, c io.Reader,
	o *files.PutOptions) (files.Info, error) {
	return w.Bucket.Put(ctx, name, scrambled(c), o)
}
func (w *wholeOnly) Get(ctx context.Context, name string,
	o *files.GetOptions) (*files.Reader, error) {
	r, err := w.Bucket.Get(ctx, name, o)
	if err != nil || o != nil && !o.Range.IsWhole() {
		return r, err
	}
	p, err := r.ReadAll()
	if err != nil {
		return nil, err
	}
	r.Close()
	info := r.Info()
	info.Digest = files.Digest{}
	return driver.NewReader(ctx, driver.ReaderConfig{
		Name:   name,
		Info:   info,
		Length: int64(len(p)),
		Body:   io.NopCloser(scrambled(bytes.NewReader(p))),
	}), nil
}

// leaky scrambles, and lets signed URLs and copies bypass it.
type leaky struct{ wholeOnly }

func (l *leaky) SignURL(ctx context.Context, name string,
	o *files.SignOptions) (files.SignedURL, error) {
	return files.SignURL(ctx, l.Bucket, name, o)
}

// transparent is a sub-bucket through which As reaches the whole.
type transparent struct {
	files.Bucket
	whole files.Bucket
}

func (t *transparent) As(target any) bool { return t.whole.(driver.BucketAser).As(target) }

// contented is a wrapper whose Check always succeeds.
type contented struct{ files.Bucket }

func (*contented) Check(context.Context) error { return nil }

// timeless passes its own context on.
func timeless(ctx context.Context, _ *files.Call, next func(context.Context) error) error {
	return next(context.Background())
}

func hooks(h files.Hooks) func(files.Bucket) files.Bucket {
	return func(b files.Bucket) files.Bucket { return files.Wrap(b, h) }
}

// pulling lists by iter.Pull, and stops only if the loop ends or breaks.
type pulling struct{ files.Bucket }

func (p *pulling) List(ctx context.Context, dir string,
	o *files.ListOptions) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		next, stop := iter.Pull2(p.Bucket.List(ctx, dir, o))
		for {
			e, err, ok := next()
			if !ok {
				return
			}
			if !yield(e, err) {
				stop()
				return
			}
		}
	}
}

// flipping is a content that changes what is read, and can seek.
type flipping struct{ io.ReadSeeker }

func (f *flipping) Read(p []byte) (int, error) { return flippingReads{f.ReadSeeker}.Read(p) }

// flippingReads change what is read.
type flippingReads struct{ io.Reader }

func (f flippingReads) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	for i := range p[:max(n, 0)] {
		p[i] ^= 1
	}
	return n, err
}
