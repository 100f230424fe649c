package overlay

import (
	"context"
	"errors"
	"io"
	"sync"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// condition turns a condition on a name of the overlay into one for the first member,
// which decides it at its commit. The caller passes the error of the write to outcome.
func (r *router) condition(ctx context.Context, name string,
	c files.Condition) (files.Condition, error) {
	if c.Absent() {
		f, err := r.look(ctx, name, 0)
		switch {
		case err != nil:
			return c, err
		case f.member > 0:
			return c, files.ErrExist
		case f.masked != "":
			return files.IfVersion(f.masked), nil
		}
		return c, nil // the first member returns ErrExist by itself
	}
	v, ok := c.Version()
	if !ok || v == "" {
		return c, nil
	}
	i, own := untag(v)
	if i == 0 {
		return files.IfVersion(own), nil
	}
	f, err := r.look(ctx, name, 0)
	if err == nil && (i < 0 || f.member != i || f.info.Version != own) {
		err = files.ErrPrecondition
	}
	return files.IfAbsent(), err
}

// outcome turns an error of the first member's condition into one of the overlay's
// condition.
func outcome(c files.Condition, err error) error {
	_, version := c.Version()
	switch kind := files.KindOf(err); {
	case kind == files.ErrExist && version: // a new file masks the lower one
		return files.ErrPrecondition
	case kind == files.ErrPrecondition && c.Absent(): // a new file has replaced the whiteout
		return files.ErrExist
	}
	return err
}

func (r *router) Put(ctx context.Context, name string, content io.Reader,
	opts *files.PutOptions) (files.Info, error) {
	var o files.PutOptions
	if opts != nil {
		o = *opts
	}
	if err := r.checkPut(content, &o); err != nil {
		return files.Info{}, err
	}
	asked := o.If
	if !asked.IsZero() {
		c, err := r.condition(ctx, name, asked)
		if err != nil {
			return files.Info{}, err
		}
		o.If = c
	}
	info, err := r.members[0].Put(ctx, name, content, &o)
	return tagged(0, info), outcome(asked, err)
}

// checkPut checks the options, which comes before conditions (E2).
func (r *router) checkPut(content io.Reader, o *files.PutOptions) error {
	if err := r.checkAttributes(&o.Attributes); err != nil || o.If.IsZero() {
		return err
	}
	if content == nil {
		return invalid("content is nil")
	}
	if o.Size != nil && *o.Size < 0 {
		return invalid("negative size %d", *o.Size)
	}
	if _, err := o.Digest.Normalize(); err != nil {
		return err
	}
	if _, err := o.Attributes.Normalize(); err != nil {
		return err
	}
	return r.CheckNative(files.OpPut, o.Native)
}

var errLower = driver.Errorf(files.ErrUnsupported, "a lower member has the file, which can't be "+
	"deleted without whiteouts")

func (r *router) Delete(ctx context.Context, name string, opts *files.DeleteOptions) error {
	first, only := r.members[0], files.Condition{}
	o := files.DeleteOptions{}
	if opts != nil && opts.IfVersion != "" {
		i, v := untag(opts.IfVersion)
		if i != 0 {
			return r.deleteLower(ctx, name, i, v)
		}
		o.IfVersion, only = v, files.IfVersion(v)
	}
	lower, err := r.lower(ctx, name)
	switch {
	case err != nil:
		return err
	case !lower:
		return first.Delete(ctx, name, &o)
	case !r.whiteouts:
		return errLower
	case only.IsZero():
		if info, err := first.Stat(ctx, name, nil); err == nil && isWhiteout(info) {
			return nil // the file is deleted already
		}
	}
	return r.putWhiteout(ctx, name, only)
}

// deleteLower deletes the given version of a lower member's file.
func (r *router) deleteLower(ctx context.Context, name string, i int, v files.Version) error {
	f, err := r.look(ctx, name, 0)
	switch {
	case err != nil:
		return err
	case f.member < 0 || f.member != i || f.info.Version != v:
		return files.ErrPrecondition
	case !r.whiteouts:
		return errLower
	}
	err = r.putWhiteout(ctx, name, files.IfAbsent())
	if errors.Is(err, files.ErrExist) { // a new file masks the lower one
		return files.ErrPrecondition
	}
	return err
}

// DeleteMany deletes the names that no lower member has in one call, and the rest one
// by one.
func (r *router) DeleteMany(ctx context.Context, names []string) []error {
	var mu sync.Mutex
	lower := map[string]bool{}
	errs := driver.EachName(ctx, names, func(ctx context.Context, name string) error {
		below, err := r.lower(ctx, name)
		if err == nil && below {
			err = r.Delete(ctx, name, nil)
			mu.Lock()
			defer mu.Unlock()
			lower[name] = true
		}
		return err
	})
	var first []string
	var at []int
	for i, name := range names {
		if errs[i] == nil && !lower[name] {
			first, at = append(first, name), append(at, i)
		}
	}
	for j, err := range driver.DeleteNames(ctx, r.members[0], first) {
		errs[at[j]] = err
	}
	return errs
}
