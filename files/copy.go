package files

import (
	"context"
	"errors"
	"reflect"
)

// CopyOptions are the options of Copy and Move. The zero value keeps the source's attributes and overwrites.
type CopyOptions struct {
	// Attributes replace those of the source as a whole; nil keeps them. With an empty ContentType
	// the type is found anew, by the target's name.
	Attributes *Attributes
	// If is the condition on the target.
	If Condition
	// IfSource copies only that version of the source: ErrPrecondition otherwise. "" is no condition.
	IfSource Version
	// Brief saves the request that some services need to tell the whole Info of a copy (S3): what the answer to the copy itself
	// doesn't tell is left out, which a Size of -1 shows; attributes and digest are then left out as well, unless Attributes gave them.
	Brief bool
	// Native are options of the target's service alone, as in PutOptions. With one, a copy onto itself is a change.
	Native []NativeOption
}

// Copier is a Bucket that copies without the content passing through the program.
type Copier interface {
	// CopyFrom copies src's srcName to the bucket's own dstName. Where it can't reach src it answers
	// errors.ErrUnsupported and changes nothing.
	CopyFrom(ctx context.Context, dstName string, src Bucket, srcName string, opts *CopyOptions) (Info, error)
}

// CopySource is a Bucket that stands for another one as the source of a copy: a wrapper. WithCopySource calls
// fn with the bucket below and its name for the file, inside whatever the wrapper does around reading it; it answers
// errors.ErrUnsupported where a copy would get round the wrapper.
type CopySource interface {
	WithCopySource(ctx context.Context, name string, fn func(ctx context.Context, b Bucket, name string) error) error
}

// Locator is a Bucket that tells which file a name is: names with equal, comparable results are one file.
type Locator interface {
	Locate(name string) (store any, key string)
}

// Copy copies a file, inside one bucket or from one to another: content, content type, headers and metadata, all or
// nothing (C1). It is server-side where both are one store and streams otherwise. A copy onto itself changes
// nothing but the attributes, if there are new ones.
//
// Errors: ErrNotExist for a missing source; ErrExist and ErrPrecondition by the options; and those of Get and Put.
func Copy(ctx context.Context, dst Bucket, dstName string, src Bucket, srcName string, opts *CopyOptions) (Info, error) {
	if opts == nil {
		opts = &CopyOptions{}
	}
	info, err := copyFile(ctx, dst, dstName, src, srcName, opts)
	if err != nil {
		return Info{}, NewError(OpCopy, copyNames(srcName, dstName), err)
	}
	return info, nil
}

func copyNames(src, dst string) string { return src + " to " + dst }

func copyFile(ctx context.Context, dst Bucket, dstName string, src Bucket, srcName string, opts *CopyOptions) (Info, error) {
	if err := checkNativeTarget(dst, dstName, opts.Native); err != nil {
		return Info{}, err
	}
	if c, ok := dst.(Copier); ok && dst.Features().ServerCopy {
		info, err := c.CopyFrom(ctx, dstName, src, srcName, opts)
		if !errors.Is(err, ErrUnsupported) {
			return info, err
		}
	}
	if sameFile(dst, dstName, src, srcName) {
		return copyOnto(ctx, dst, dstName, opts)
	}
	return copyStream(ctx, dst, dstName, src, srcName, opts)
}

func sameFile(a Bucket, aName string, b Bucket, bName string) bool {
	if reflect.ValueOf(a).Comparable() && a == b {
		return aName == bName
	}
	storeA, keyA := locate(a, aName)
	storeB, keyB := locate(b, bName)
	return storeA != nil && storeA == storeB && keyA == keyB
}

// locate tells which file a name is; a bucket that doesn't tell is a store of its own.
func locate(b Bucket, name string) (store any, key string) {
	if l, ok := b.(Locator); ok {
		return l.Locate(name)
	}
	if !reflect.ValueOf(b).Comparable() {
		return nil, name
	}
	return b, name
}

// copyOnto is a copy of a file onto itself.
func copyOnto(ctx context.Context, b Bucket, name string, opts *CopyOptions) (Info, error) {
	f := b.Features()
	if _, version := opts.If.Version(); version && !f.IfVersion || opts.If.Absent() && !f.IfAbsent {
		return Info{}, Errorf(ErrUnsupported, "the bucket can't copy %v", opts.If) // a Put would say so, but there may be none
	}
	info, err := b.Stat(ctx, name, nil)
	if f.ReadOnly && (err == nil || KindOf(err) == ErrNotExist) {
		return Info{}, errReadOnly // also where nothing would change
	}
	if err != nil {
		return Info{}, err
	}
	if opts.IfSource != "" && opts.IfSource != info.Version {
		return Info{}, ErrPrecondition
	}
	if err := CheckCondition(opts.If, true, info.Version); err != nil {
		return Info{}, err
	}
	if opts.Attributes == nil && len(opts.Native) == 0 {
		return info, nil
	}
	// A writer in between must not be undone: the content read is put back only over its own version.
	for {
		o := *opts
		if f.IfVersion {
			o.IfSource, o.If = info.Version, IfVersion(info.Version)
		}
		done, err := copyStream(ctx, b, name, b, name, &o)
		_, conditional := opts.If.Version()
		if !errors.Is(err, ErrPrecondition) || conditional || opts.IfSource != "" {
			return done, err
		}
		if info, err = b.Stat(ctx, name, nil); err != nil {
			return Info{}, err
		}
	}
}

// CheckCondition decides a condition against what is there: whether a file exists, and its version. It returns nil, ErrExist or ErrPrecondition. Drivers
// call it at the moment of the commit.
func CheckCondition(c Condition, exists bool, current Version) error {
	v, ok := c.Version()
	switch {
	case c.Absent() && exists:
		return ErrExist
	case ok && (!exists || v == "" || v != current):
		return ErrPrecondition
	}
	return nil
}

// checkCopyTarget looks at the target before the source: a bad name must not cost a read, and what is refused is refused
// whether the source exists or not (E2).
func checkCopyTarget(ctx context.Context, dst Bucket, name string) error {
	f := dst.Features()
	if f.ReadOnly {
		return refusal(ctx, dst, name)
	}
	return CheckNameMax(name, f.maxName())
}

// refusal is what a read-only bucket says to a write, which may be that it is closed or that the name is illegal. The content is
// nil, so that nothing would be written anyway.
func refusal(ctx context.Context, b Bucket, name string) error {
	if _, err := b.Put(ctx, name, nil, nil); err != nil && !errors.Is(err, ErrInvalid) {
		return err
	}
	return errReadOnly
}

// checkNativeTarget refuses native options before anything is looked at, but not before a bad name (E2).
func checkNativeTarget(dst Bucket, name string, options []NativeOption) error {
	if len(options) == 0 {
		return nil
	}
	if err := CheckNameMax(name, dst.Features().maxName()); err != nil {
		return err
	}
	return CheckNative(dst, OpCopy, options)
}

// copyStream reads and writes.
func copyStream(ctx context.Context, dst Bucket, dstName string, src Bucket, srcName string, opts *CopyOptions) (Info, error) {
	if err := checkCopyTarget(ctx, dst, dstName); err != nil {
		return Info{}, err
	}
	r, err := src.Get(ctx, srcName, &GetOptions{IfVersion: opts.IfSource})
	if err != nil {
		return Info{}, err
	}
	defer r.Close()
	info := r.Info()
	put := &PutOptions{Attributes: info.Attributes, If: opts.If, Size: &info.Size, Digest: info.Digest, Native: opts.Native}
	if opts.Attributes != nil {
		put.Attributes = *opts.Attributes
	}
	return dst.Put(ctx, dstName, r, put)
}

// Move copies and then deletes the version that was copied: after a crash both may exist, never none (C1). Onto itself it
// is a no-op.
//
// Errors: those of Copy; ErrUnsupported where the source can't delete a certain version
// (Features.DeleteIfVersion); ErrPrecondition where the source was replaced meanwhile: then the target holds what was
// copied, and the source stays.
func Move(ctx context.Context, dst Bucket, dstName string, src Bucket, srcName string, opts *CopyOptions) (Info, error) {
	if opts == nil {
		opts = &CopyOptions{}
	}
	info, err := move(ctx, dst, dstName, src, srcName, *opts)
	if err != nil {
		return Info{}, NewError(OpMove, copyNames(srcName, dstName), err)
	}
	return info, nil
}

func move(ctx context.Context, dst Bucket, dstName string, src Bucket, srcName string, opts CopyOptions) (Info, error) {
	if err := checkNativeTarget(dst, dstName, opts.Native); err != nil {
		return Info{}, err
	}
	if sameFile(dst, dstName, src, srcName) {
		return Copy(ctx, dst, dstName, src, srcName, &opts)
	}
	f := src.Features()
	if err := checkCopyTarget(ctx, dst, dstName); err != nil {
		return Info{}, err
	}
	if err := CheckNameMax(srcName, f.maxName()); err != nil { // before what the source can't do (E2)
		return Info{}, err
	}
	if f.ReadOnly {
		return Info{}, refusal(ctx, src, srcName)
	}
	if !f.DeleteIfVersion {
		return Info{}, Errorf(ErrUnsupported, "the source can't delete the version that was copied")
	}
	from, err := src.Stat(ctx, srcName, nil)
	if err != nil {
		return Info{}, err
	}
	if opts.IfSource != "" && opts.IfSource != from.Version {
		return Info{}, ErrPrecondition
	}
	opts.IfSource, opts.Brief = from.Version, true
	info, err := copyFile(ctx, dst, dstName, src, srcName, &opts)
	if err != nil {
		return Info{}, err
	}
	if info.Size < 0 { // what was copied is known
		info.Size, info.Digest = from.Size, from.Digest
		if opts.Attributes == nil {
			info.Attributes = from.Attributes
		}
	}
	return info, src.Delete(ctx, srcName, &DeleteOptions{IfVersion: from.Version})
}
