package mount

import (
	"context"
	"fmt"
	"io"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

func (r *router) Put(ctx context.Context, name string, content io.Reader,
	opts *files.PutOptions) (files.Info, error) {
	return r.owner(name).b.Put(ctx, name, content, opts)
}

func (r *router) Get(ctx context.Context, name string,
	opts *files.GetOptions) (*files.Reader, error) {
	return r.owner(name).b.Get(ctx, name, opts)
}

func (r *router) Stat(ctx context.Context, name string,
	opts *files.StatOptions) (files.Info, error) {
	return r.owner(name).b.Stat(ctx, name, opts)
}

func (r *router) Delete(ctx context.Context, name string, opts *files.DeleteOptions) error {
	return r.owner(name).b.Delete(ctx, name, opts)
}

// Layers returns nothing, because the layer's text already has the members.
func (r *router) Layers() []string { return nil }

// Close does nothing, because the buckets are the caller's.
func (r *router) Close() error { return nil }

// Features returns what all members can do; for what only writes need, what all
// writable members can do.
func (r *router) Features() files.Features {
	readOnly := true
	for _, m := range r.members {
		readOnly = readOnly && m.b.Features().ReadOnly
	}
	var f files.Features
	for i, m := range r.members {
		g := m.b.Features()
		if g.ReadOnly && !readOnly {
			g = writable(g)
		}
		if i == 0 {
			f = g
		}
		f = driver.MeetFeatures(f, g)
	}
	f.AnyName = f.AnyName && r.nowhere == nil
	f.ForeignKeys = false
	return f
}

// writable adds all features of writes to those of a read-only bucket, so that it
// doesn't remove any from the other buckets.
func writable(f files.Features) files.Features {
	f.ReadOnly = false
	f.MaxSize, f.MaxUnknownSize = 0, 0
	f.AnyName, f.Atomic, f.Durable, f.DirBesideFile = true, true, true, true
	f.VersionPerPut, f.PutReturnsVersion = true, true
	f.IfAbsent, f.IfVersion, f.DeleteIfVersion = true, true, true
	f.ServerCopy, f.SignPut, f.SignDelete, f.SignContentType = true, true, true, true
	f.SignSize, f.SignIfAbsent = true, true
	return f
}

// CopyFrom copies inside the target's bucket, if that can read the source.
func (r *router) CopyFrom(ctx context.Context, dstName string, src files.Bucket, srcName string,
	opts *files.CopyOptions) (files.Info, error) {
	to := r.owner(dstName)
	if own, ok := src.(*router); ok {
		src = own.owner(srcName).b
	}
	c, ok := to.b.(driver.BucketCopier)
	if !ok {
		return files.Info{}, files.ErrUnsupported
	}
	return c.CopyFrom(ctx, dstName, src, srcName, opts)
}

// WithCopySource calls fn with the bucket that has the name, so that another bucket can
// copy from it.
func (r *router) WithCopySource(ctx context.Context, name string,
	fn func(ctx context.Context, b files.Bucket, name string) error) error {
	return fn(ctx, r.owner(name).b, name)
}

// Locate returns the store and the key of a name in its bucket.
func (r *router) Locate(name string) (any, string) {
	if l, ok := r.owner(name).b.(driver.BucketLocator); ok {
		return l.Locate(name)
	}
	return nil, ""
}

// View returns the view of the name's bucket.
func (r *router) View(name string) any {
	if v, ok := r.owner(name).b.(driver.BucketViewer); ok {
		return v.View(name)
	}
	return nil
}

// CheckNative accepts an option that any member accepts. The member that gets the
// option still checks it.
func (r *router) CheckNative(op files.Op, options []files.NativeOption) error {
	for _, o := range options {
		if err := r.checkNative(op, o); err != nil {
			return err
		}
	}
	return nil
}

func (r *router) checkNative(op files.Op, o files.NativeOption) (err error) {
	for _, m := range r.members {
		c, ok := m.b.(driver.BucketNativeChecker)
		if !ok {
			continue
		}
		if err = c.CheckNative(op, []files.NativeOption{o}); err == nil {
			return nil
		}
	}
	return err
}

// WithUpload calls fn with the bucket that has the name.
func (r *router) WithUpload(ctx context.Context, name string,
	fn func(ctx context.Context, b files.Bucket, name string) error) error {
	return fn(ctx, r.owner(name).b, name)
}

// WithSignPart calls fn with the bucket that has the name.
func (r *router) WithSignPart(ctx context.Context, name string,
	fn func(ctx context.Context, b files.Bucket, name string) error) error {
	return fn(ctx, r.owner(name).b, name)
}

func (r *router) SignURL(ctx context.Context, name string,
	opts *files.SignOptions) (files.SignedURL, error) {
	return files.SignURL(ctx, r.owner(name).b, name, opts)
}

// DeleteMany deletes the names of each member in one call.
func (r *router) DeleteMany(ctx context.Context, names []string) []error {
	errs := make([]error, len(names))
	at := map[*member][]int{}
	for i, name := range names {
		m := r.owner(name)
		at[m] = append(at[m], i)
	}
	for m, of := range at {
		own := make([]string, len(of))
		for j, i := range of {
			own[j] = names[i]
		}
		for j, err := range driver.DeleteNames(ctx, m.b, own) {
			errs[of[j]] = err
		}
	}
	return errs
}

// Check checks every member. Its error names the member that fails.
func (r *router) Check(ctx context.Context) error {
	for _, m := range r.members {
		if err := files.Check(ctx, m.b); err != nil {
			return m.failed(err)
		}
	}
	return nil
}

// failed adds the mount point to an error of the member.
func (m *member) failed(err error) error {
	if kind := files.KindOf(err); kind != nil {
		return driver.Errorf(kind, "mounted at %s: %w", m.place(), err)
	}
	return fmt.Errorf("mounted at %s: %w", m.place(), err)
}
