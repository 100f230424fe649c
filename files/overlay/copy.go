package overlay

import (
	"context"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// maxCopies is how often a copy looks for its source again if the source is replaced
// meanwhile.
const maxCopies = 10

// CopyFrom copies inside the first member's store, if that can read the source.
// Otherwise the copy passes through the program.
func (r *router) CopyFrom(ctx context.Context, dstName string, src files.Bucket, srcName string,
	opts *files.CopyOptions) (files.Info, error) {
	to, ok := r.members[0].(driver.BucketCopier)
	if !ok {
		return files.Info{}, files.ErrUnsupported
	}
	var o files.CopyOptions
	if opts != nil {
		o = *opts
	}
	if err := r.checkAttributes(o.Attributes); err != nil {
		return files.Info{}, err
	}
	own, inside := src.(*router)
	if inside && own != r {
		return files.Info{}, files.ErrUnsupported
	}
	if !inside {
		if r.whiteouts { // a copy of a whiteout would be a whiteout
			if info, err := src.Stat(ctx, srcName, nil); err != nil || isWhiteout(info) {
				return files.Info{}, files.ErrUnsupported
			}
		}
		return r.copyTo(ctx, to, dstName, src, srcName, o)
	}
	for n := 1; ; n++ {
		f, err := r.find(ctx, srcName, 0)
		if err != nil {
			return files.Info{}, err
		}
		if f.member < 0 {
			return files.Info{}, files.ErrNotExist
		}
		if o.IfSource != "" && o.IfSource != tag(f.member, f.info.Version) {
			return files.Info{}, files.ErrPrecondition
		}
		if f.info.Version == "" || srcName == dstName && (f.member > 0 || o.Attributes == nil) {
			return files.Info{}, files.ErrUnsupported // a Get and a conditional Put follow
		}
		once := o // a whiteout that is put meanwhile must not be copied
		once.IfSource = f.info.Version
		info, err := r.copyTo(ctx, to, dstName, r.members[f.member], srcName, once)
		if files.KindOf(err) != files.ErrPrecondition || o.IfSource != "" || n == maxCopies {
			return info, err
		}
		now, ferr := r.find(ctx, srcName, 0)
		if ferr != nil || now.member == f.member && now.info.Version == f.info.Version {
			return info, err // the target's condition failed
		}
	}
}

// copyTo copies under the overlay's condition.
func (r *router) copyTo(ctx context.Context, to driver.BucketCopier, dstName string,
	src files.Bucket, srcName string, o files.CopyOptions) (files.Info, error) {
	asked := o.If
	if !asked.IsZero() {
		c, err := r.condition(ctx, dstName, asked)
		if err != nil {
			return files.Info{}, err
		}
		o.If = c
	}
	info, err := to.CopyFrom(ctx, dstName, src, srcName, &o)
	return tagged(0, info), outcome(asked, err)
}

// Locate returns the first member's store and key, because a write changes that file.
func (r *router) Locate(name string) (any, string) {
	if l, ok := r.members[0].(driver.BucketLocator); ok {
		return l.Locate(name)
	}
	return nil, ""
}

// View returns the view of the first member.
func (r *router) View(name string) any {
	if v, ok := r.members[0].(driver.BucketViewer); ok {
		return v.View(name)
	}
	return nil
}

// CheckNative calls the first member's, because it gets all writes.
func (r *router) CheckNative(op files.Op, options []files.NativeOption) error {
	if c, ok := r.members[0].(driver.BucketNativeChecker); ok {
		return c.CheckNative(op, options)
	}
	for _, o := range options {
		return driver.UnknownNative(o)
	}
	return nil
}

// SignURL signs PUTs alone, which go to the first member as every write does.
func (r *router) SignURL(ctx context.Context, name string,
	opts *files.SignOptions) (files.SignedURL, error) {
	return files.SignURL(ctx, r.members[0], name, opts)
}

// RoutePost returns the first member, because a form is a write.
func (r *router) RoutePost(_ string, o driver.PostOptions) (files.Bucket, error) {
	return r.members[0], r.checkAttributes(&o.Attributes)
}

// Check checks every member. Its error names the member that fails.
func (r *router) Check(ctx context.Context) error {
	for i, m := range r.members {
		err := files.Check(ctx, m)
		if err == nil {
			continue
		}
		if kind := files.KindOf(err); kind != nil {
			return driver.Errorf(kind, "member %d of the overlay: %w", i, err)
		}
		return err
	}
	return nil
}
