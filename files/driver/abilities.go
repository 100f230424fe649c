package driver

import (
	"cmp"
	"context"
	"time"

	"cloudfiles.dev/files"
)

// CopyFrom copies inside the store, if the backend can and reaches src.
func (b *bucket) CopyFrom(ctx context.Context, dstName string, src files.Bucket, srcName string,
	opts *files.CopyOptions) (files.Info, error) {
	if opts == nil {
		opts = &files.CopyOptions{}
	}
	info, err := b.copyFrom(ctx, dstName, src, srcName, opts)
	if err != nil {
		return files.Info{}, NewError(files.OpCopy, dstName, err)
	}
	return info, nil
}

func (b *bucket) copyFrom(ctx context.Context, dstName string, src files.Bucket, srcName string,
	opts *files.CopyOptions) (info files.Info, err error) {
	copier, ok := b.backend.(Copier)
	if !ok || !b.feat().ServerCopy {
		return files.Info{}, files.ErrUnsupported
	}
	if src == nil || ctx == nil {
		return files.Info{}, Errorf(files.ErrInvalid, "the source or the context is nil")
	}
	from, ok := src.(*bucket)
	if !ok {
		through, ok := src.(BucketCopySource)
		if !ok {
			return files.Info{}, files.ErrUnsupported
		}
		g := stepGuard[place]{f: func(ctx context.Context, from place) (err error) {
			info, err = b.copyFrom(ctx, dstName, from.bucket, from.name, opts)
			return err
		}}
		defer g.end() // even if a hook panics
		err = through.WithCopySource(ctx, srcName,
			func(ctx context.Context, below files.Bucket, name string) error {
				return g.call(ctx, place{below, name})
			})
		return info, g.result(err)
	}
	req := &CopyRequest{
		Src:      srcName,
		Dst:      dstName,
		IfSource: opts.IfSource,
		If:       opts.If,
		FullInfo: opts.FullInfo,
		Native:   opts.Native,
	}
	err = b.enter(ctx, Key{Name: dstName}, func() error {
		if err := from.checkKey(Key{Name: srcName}); err != nil {
			return err
		}
		if err := b.checkNative(files.OpCopy, opts.Native); err != nil {
			return err
		}
		if err := b.checkCondition(opts.If); err != nil {
			return err
		}
		return b.copyAttributes(req, opts.Attributes)
	})
	if err != nil {
		return files.Info{}, err
	}
	defer b.release()
	if from != b {
		if err := from.acquire(); err != nil {
			return files.Info{}, err
		}
		defer from.release()
	}
	storeA, keyA := b.Locate(dstName)
	if storeB, keyB := from.Locate(srcName); storeA == storeB && keyA == keyB &&
		req.Attributes == nil && len(req.Native) == 0 {
		return b.copyOnto(ctx, req)
	}
	if info, err = copier.Copy(ctx, from.backend, req); err != nil {
		return files.Info{}, err
	}
	setName(&info, Key{Name: dstName})
	info.Attributes = info.Attributes.Clone()
	return info, nil
}

// place is a file of a bucket.
type place struct {
	bucket files.Bucket
	name   string
}

// copyOnto is a copy onto itself without new attributes or native options: it only
// checks the conditions.
func (b *bucket) copyOnto(ctx context.Context, req *CopyRequest) (files.Info, error) {
	info, err := b.statOrNoBucket(ctx, Key{Name: req.Dst})
	if err != nil {
		return files.Info{}, err
	}
	if req.IfSource != "" && req.IfSource != info.Version {
		return files.Info{}, files.ErrPrecondition
	}
	if err := req.If.Check(true, info.Version); err != nil {
		return files.Info{}, err
	}
	setName(&info, Key{Name: req.Dst})
	info.Attributes = info.Attributes.Clone()
	return info, nil
}

// statOrNoBucket is the backend's Stat, and its Check if Stat can't distinguish a
// missing bucket from a missing file (E3).
func (b *bucket) statOrNoBucket(ctx context.Context, key Key) (files.Info, error) {
	info, err := b.backend.Stat(ctx, key)
	if files.KindOf(err) == files.ErrNotExist && !b.feat().StatNoBucket {
		if cerr := b.checkBackend(ctx); files.KindOf(cerr) == files.ErrNoBucket {
			return files.Info{}, cerr
		}
	}
	return info, err
}

// copyAttributes completes new attributes. A type that isn't given and that the name
// doesn't decide would need the content, so in that case the copy streams.
func (b *bucket) copyAttributes(req *CopyRequest, a *files.Attributes) error {
	if a == nil {
		return nil
	}
	attrs, err := a.Normalize()
	if err != nil {
		return err
	}
	if err := checkAttributes(b.feat(), attrs); err != nil {
		return err
	}
	if attrs.ContentType == "" {
		t, ok := TypeByName(req.Dst)
		if !ok {
			return files.ErrUnsupported
		}
		attrs.ContentType = t
	}
	req.Attributes = &attrs
	return nil
}

// Locate returns the store and the key of a name.
func (b *bucket) Locate(name string) (any, string) {
	if i, ok := b.backend.(Identifier); ok {
		return i.Store(), name
	}
	return b, name
}

// DefaultExpiry is how long a signed URL works if no expiry is given.
const DefaultExpiry = 15 * time.Minute

// SignURL checks the options and lets the backend sign.
func (b *bucket) SignURL(ctx context.Context, name string,
	opts *files.SignOptions) (files.SignedURL, error) {
	var o files.SignOptions
	if opts != nil {
		o = *opts
	}
	op, _ := o.Op()
	var signer Signer
	err := b.enter(ctx, Key{Name: name}, func() error {
		if err := o.Check(*b.feat()); err != nil {
			return err
		}
		var ok bool
		if signer, ok = b.backend.(Signer); !ok {
			return Errorf(files.ErrUnsupported, "the bucket can't sign URLs for %s",
				cmp.Or(o.Method, "GET"))
		}
		return nil
	})
	if err != nil {
		return files.SignedURL{}, NewError(op, name, err)
	}
	defer b.release()
	if o.Method == "" {
		o.Method = "GET"
	}
	if o.Expiry == 0 {
		o.Expiry = DefaultExpiry
	}
	s, err := signer.SignURL(ctx, name, o)
	if err != nil {
		return files.SignedURL{}, NewError(op, name, err)
	}
	return s, nil
}

// DeleteMany deletes in batches if the backend can, and otherwise a few names at a
// time.
func (b *bucket) DeleteMany(ctx context.Context, names []string) []error {
	errs := make([]error, len(names))
	err := b.acquire()
	if err == nil {
		defer b.release()
		if ctx == nil {
			err = errNilContext
		}
	}
	if err != nil {
		for i := range errs {
			errs[i] = NewError(files.OpDelete, names[i], err)
		}
		return errs
	}
	many, ok := b.backend.(ManyDeleter)
	if !ok {
		return EachName(ctx, names, func(ctx context.Context, name string) error {
			return b.Delete(ctx, name, nil)
		})
	}
	var legal []string
	var at []int
	for i, name := range names {
		if errs[i] = CheckNameMax(name, b.feat().MaxName); errs[i] == nil {
			legal, at = append(legal, name), append(at, i)
		}
	}
	size := max(many.MaxDeleteMany(), 1)
	for start := 0; start < len(legal); start += size {
		end := min(start+size, len(legal))
		if ctx.Err() != nil {
			for j := start; j < end; j++ {
				errs[at[j]] = ContextError(ctx)
			}
			continue
		}
		failed := many.DeleteMany(ctx, legal[start:end])
		for j := start; j < end; j++ {
			if len(failed) == end-start {
				errs[at[j]] = failed[j-start]
			} else { // a result that can't be matched with its name doesn't count (D3)
				errs[at[j]] = Errorf(files.ErrUnavailable,
					"the driver returned %d results for %d names", len(failed), end-start)
			}
		}
	}
	for i := range errs {
		errs[i] = NewError(files.OpDelete, names[i], errs[i])
	}
	return errs
}

// Check calls the backend's Check, or lists one entry.
func (b *bucket) Check(ctx context.Context) error {
	if err := b.acquire(); err != nil {
		return NewError(files.OpCheck, "", err)
	}
	defer b.release()
	if ctx == nil {
		return NewError(files.OpCheck, "", errNilContext)
	}
	if ctx.Err() != nil {
		return NewError(files.OpCheck, "", ContextError(ctx))
	}
	return NewError(files.OpCheck, "", b.checkBackend(ctx))
}

func (b *bucket) checkBackend(ctx context.Context) error {
	if c, ok := b.backend.(Checker); ok {
		return c.Check(ctx)
	}
	for _, err := range b.backend.List(ctx, ListRequest{Limit: 1, NamesOnly: true}) {
		return err
	}
	return nil
}

// As returns the backend's own client.
func (b *bucket) As(target any) bool {
	a, ok := b.backend.(Aser)
	return ok && a.As(target)
}
