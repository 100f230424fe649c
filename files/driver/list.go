package driver

import (
	"context"
	"iter"
	"strings"

	"cloudfiles.dev/files"
)

// List checks the options at each range, lists the backend's entries up to the limit,
// and ends with the context (L9).
func (b *bucket) List(ctx context.Context, dir string,
	opts *files.ListOptions) iter.Seq2[files.Entry, error] {
	var o files.ListOptions
	if opts != nil {
		o = *opts
	}
	return b.listing(ctx, dir, o, nil)
}

// ListSkipping lists as b.List does, but may leave out what is in directories for which
// skip returns true. dir is the directory's full name with a slash at its end, or the
// beginning of a raw key (L7). A local disk doesn't read such directories, and doesn't
// report that they can't be read. A service, and a bucket with a layer, lists everything.
func ListSkipping(ctx context.Context, b files.Bucket, dir string, opts *files.ListOptions,
	skip func(dir string) bool) iter.Seq2[files.Entry, error] {
	own, ok := b.(*bucket)
	if !ok || skip == nil {
		return b.List(ctx, dir, opts)
	}
	var o files.ListOptions
	if opts != nil {
		o = *opts
	}
	return own.listing(ctx, dir, o, skip)
}

func (b *bucket) listing(ctx context.Context, dir string, o files.ListOptions,
	skip func(dir string) bool) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		if yield == nil {
			return
		}
		if err := b.list(ctx, dir, o, skip, yield); err != nil {
			yield(files.Entry{}, listError(dir, err))
		}
	}
}

// listError keeps the name of what can't be read if it lies below the directory.
func listError(dir string, err error) error {
	if e, ok := err.(*files.Error); ok && e.Op == files.OpList {
		base := strings.TrimSuffix(dir, "/")
		if rest, ok := strings.CutPrefix(e.Name,
			base); ok && (base == "" || rest != "" && rest[0] == '/') {
			return e
		}
	}
	return NewError(files.OpList, dir, err)
}

func (b *bucket) list(ctx context.Context, dir string, o files.ListOptions,
	skip func(dir string) bool, yield func(files.Entry, error) bool) error {
	if err := b.acquire(); err != nil {
		return err
	}
	defer b.release()
	d, err := CheckDir(dir)
	if err == nil {
		err = o.Check()
	}
	if err == nil && o.Foreign && !b.feat().ForeignKeys {
		err = Errorf(files.ErrUnsupported, "the bucket doesn't support raw keys")
	}
	if err == nil && ctx == nil {
		err = errNilContext
	}
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ContextError(ctx)
	}
	req := ListRequest{
		Prefix:     o.Prefix,
		Shallow:    o.Shallow,
		StartAfter: o.StartAfter,
		Limit:      o.Limit,
		PageSize:   o.PageSize,
		NamesOnly:  o.NamesOnly,
		Foreign:    o.Foreign,
	}
	if skip != nil {
		req.skip = &skipper{skip}
	}
	if d != "" {
		req.Prefix = d + "/" + o.Prefix
	}
	switch {
	case o.StartAfter < req.Prefix, o.StartAfter == req.Prefix && o.Prefix == "":
		// everything that can be yielded comes after it; "d/" here is not a directory
		// that was yielded
		req.StartAfter = ""
	case !strings.HasPrefix(o.StartAfter, req.Prefix):
		return nil
	}
	n := 0
	for e, err := range b.entries(ctx, req, o.Parallel) {
		if err != nil && e.Name == "" && e.Key == "" {
			return err
		}
		if ctx.Err() != nil {
			return ContextError(ctx)
		}
		if !yield(e, nil) {
			return nil
		}
		if err != nil { // it came with the last entry
			return err
		}
		if n++; n == o.Limit {
			return nil
		}
	}
	return nil
}
