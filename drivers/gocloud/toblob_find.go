package gocloud

import (
	"context"
	"errors"
	"io"

	"cloudfiles.dev/files"
	"gocloud.dev/blob/driver"
)

// A bucket may have objects that other programs, such as fileblob and s3blob, wrote
// under keys outside the naming rule. The bridge finds them by these keys if no file
// has the escaped name. It always writes under the escaped name, which takes precedence
// over such an object, and a Delete removes both.

// missingName reports whether no file has the name, so that the key is tried.
func missingName(err error) bool {
	return errors.Is(err, files.ErrNotExist) || errors.Is(err, files.ErrInvalidName)
}

// refusedKey reports whether there can be no object with a raw key: a store may refuse
// a request for it, as MinIO does for "../a". That isn't the result of an operation on
// the file of that name.
func refusedKey(err error) bool {
	return missingName(err) || errors.Is(err, files.ErrUnsupported) ||
		errors.Is(err, files.ErrInvalid)
}

func (b *bridge) stat(ctx context.Context, key string) (files.Info, error) {
	info, err := b.b.Stat(ctx, nameOf(key), nil)
	raw, ok := b.raw.of(key)
	if err == nil || !missingName(err) || !ok {
		return info, err
	}
	info, ferr := b.b.Stat(ctx, "", &files.StatOptions{Key: raw})
	if refusedKey(ferr) {
		return files.Info{}, err
	}
	return info, ferr
}

func (b *bridge) get(ctx context.Context, key string, o *files.GetOptions) (*files.Reader, error) {
	r, err := b.b.Get(ctx, nameOf(key), o)
	raw, ok := b.raw.of(key)
	if err == nil || !missingName(err) || !ok {
		return r, err
	}
	byKey := *o
	byKey.Key = raw
	r, ferr := b.b.Get(ctx, "", &byKey)
	if refusedKey(ferr) {
		return nil, err
	}
	return r, ferr
}

// put stores the content under the key's name. IfAbsent requires that there is no
// object of the key itself either.
func (b *bridge) put(ctx context.Context, key string, content io.Reader,
	o *files.PutOptions) error {
	if raw, ok := b.raw.of(key); ok && o.If.Absent() {
		switch _, err := b.b.Stat(ctx, "", &files.StatOptions{Key: raw}); {
		case err == nil:
			return files.ErrExist
		case !refusedKey(err):
			return err
		}
	}
	_, err := b.b.Put(ctx, nameOf(key), content, o)
	return err
}

// Delete returns NotFound if there is nothing, as Go CDK requires. It requests the
// file's Info first and, if the bucket can, deletes only that version.
func (b *bridge) Delete(ctx context.Context, key string, opts *driver.DeleteOptions) error {
	o := &files.DeleteOptions{}
	hook := func() error { // once
		h := opts.BeforeDelete
		opts = &driver.DeleteOptions{}
		return before(h, o)
	}
	err := b.delete(ctx, nameOf(key), "", o, hook)
	raw, ok := b.raw.of(key)
	if err != nil && !missingName(err) || !ok {
		return err
	}
	ferr := b.delete(ctx, "", raw, o, hook)
	if refusedKey(ferr) || err == nil && errors.Is(ferr, files.ErrPermission) {
		return err
	}
	return ferr
}

func (b *bridge) delete(ctx context.Context, name, key string, o *files.DeleteOptions,
	hook func() error) error {
	for {
		info, err := b.b.Stat(ctx, name, &files.StatOptions{Key: key})
		if err != nil {
			return err
		}
		if err := hook(); err != nil {
			return err
		}
		this := *o
		this.Key = key
		if this.IfVersion == "" && b.b.Features().DeleteIfVersion {
			this.IfVersion = info.Version
		}
		err = b.b.Delete(ctx, name, &this)
		if o.IfVersion == "" && this.IfVersion != "" && errors.Is(err, files.ErrPrecondition) {
			continue // replaced or deleted in between
		}
		return err
	}
}

// Copy copies inside the bucket; an object with a raw key is read and written.
func (b *bridge) Copy(ctx context.Context, dst, src string, opts *driver.CopyOptions) error {
	o := &files.CopyOptions{}
	if err := before(opts.BeforeCopy, o); err != nil {
		return err
	}
	_, err := files.Copy(ctx, b.b, nameOf(dst), b.b, nameOf(src), o)
	raw, ok := b.raw.of(src)
	if err == nil || !missingName(err) || !ok {
		return err
	}
	r, ferr := b.b.Get(ctx, "", &files.GetOptions{Key: raw, IfVersion: o.IfSource})
	if ferr != nil {
		if refusedKey(ferr) {
			return err
		}
		return ferr
	}
	defer r.Close()
	info := r.Info()
	put := &files.PutOptions{
		Attributes: info.Attributes,
		If:         o.If,
		Size:       &info.Size,
		Digest:     info.Digest,
	}
	if o.Attributes != nil {
		put.Attributes = *o.Attributes
	}
	_, err = b.b.Put(ctx, nameOf(dst), r, put)
	return err
}
