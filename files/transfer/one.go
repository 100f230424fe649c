package transfer

import (
	"context"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// CopyFile copies one file, as a Plan does: inside the store if possible, a large file so
// that the next call continues it, and with the options about attributes, overwriting,
// dry runs and progress. It doesn't compare: a file that the target has is replaced, or
// with Options.NoOverwrite is ErrExist.
//
// Errors: those of Stat, Get and Put; ErrInvalid for options that make no sense.
func CopyFile(ctx context.Context, dst files.Bucket, dstName string, src files.Bucket,
	srcName string, opts *Options) (Result, error) {
	fail := func(err error) (Result, error) {
		return Result{}, driver.NewError(files.OpCopy, srcName+" to "+dstName, err)
	}
	p := &Plan{
		op:     files.OpCopy,
		single: true,
	}
	if opts != nil {
		p.opts = *opts
	}
	p.opts.Filter, p.opts.Compare = nil, BySize
	var err error
	for _, name := range []string{dstName, srcName} {
		if err == nil {
			err = files.CheckName(name)
		}
	}
	if err == nil && ctx == nil {
		err = invalid("the context is nil")
	}
	if err == nil {
		err = p.opts.check()
	}
	if err == nil {
		p.opts.complete()
		p.dst, err = Tree{Bucket: dst}.place("target")
	}
	if err == nil {
		p.src, err = Tree{Bucket: src}.place("source")
	}
	if err == nil && p.opts.StoreTime && !p.dst.features.Attributes {
		err = errNoTimes
	}
	if err != nil {
		return fail(err)
	}
	info, err := statOrNoBucket(ctx, src, srcName)
	if err != nil {
		return fail(err)
	}
	if p.opts.NoOverwrite {
		there, err := files.Exists(ctx, dst, dstName)
		if err == nil && there {
			err = files.ErrExist
		}
		if err != nil {
			return fail(err)
		}
	}
	return newRun(p).apply(ctx, func(_ context.Context, f func(*Change) bool) error {
		f(&Change{
			Action: ActionCopy,
			Reason: ReasonMissing,
			Name:   dstName,
			Source: info.Entry,
		})
		return nil
	})
}
