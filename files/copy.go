package files

import (
	"context"
	"errors"
	"reflect"
)

// CopyOptions are the options of Copy and Move. The zero value keeps the source's
// attributes and overwrites.
type CopyOptions struct {
	// Attributes replace those of the source as a whole, metadata included
	// (UpdateAttributes changes some). nil keeps the source's. If ContentType is empty
	// the type is found again, by the target's name.
	Attributes *Attributes
	// If is the condition on the target.
	If Condition
	// IfSource copies only that version of the source. If the source has another
	// version, the copy is ErrPrecondition. "" is no condition.
	IfSource Version
	// FullInfo makes Copy return the same Info as Stat, even if that costs a further
	// request (S3). Without it the Info has what the response to the copy reports: Size
	// is -1 if the response has no size, and attributes are set only if the options
	// gave them.
	FullInfo bool
	// MayLoseConcurrentPut lets Move work if the source can't delete a certain version
	// (Features.DeleteIfVersion). A file that somebody puts under the source's name
	// during the move may then be deleted, although its Put has returned nil. Copy
	// ignores this option.
	MayLoseConcurrentPut bool
	// Native are options of the target's service alone, as in PutOptions. With a native
	// option, a copy onto itself is a change.
	Native []NativeOption
}

// Copy copies a file, inside one bucket or from one bucket to another: content, content
// type, headers and metadata, all or nothing (C1). It copies inside the store if source
// and target are one store, and streams otherwise. A copy onto itself changes nothing
// but the attributes, if new ones are given.
//
// Errors: ErrNotExist for a missing source; ErrExist and ErrPrecondition if a condition
// of the options doesn't hold; and those of Get and Put.
func Copy(ctx context.Context, dst Bucket, dstName string, src Bucket, srcName string,
	opts *CopyOptions) (Info, error) {
	if opts == nil {
		opts = &CopyOptions{}
	}
	_, src = given(ctx, src)
	ctx, dst = given(ctx, dst)
	info, err := copyFile(ctx, dst, dstName, src, srcName, opts)
	if err != nil {
		return Info{}, newError(OpCopy, copyNames(srcName, dstName), err)
	}
	return info, nil
}

func copyNames(src, dst string) string { return src + " to " + dst }

func copyFile(ctx context.Context, dst Bucket, dstName string, src Bucket, srcName string,
	opts *CopyOptions) (Info, error) {
	if err := checkNativeTarget(dst, dstName, opts.Native); err != nil {
		return Info{}, closedFirst(ctx, err, dst, src)
	}
	if c, ok := dst.(copier); ok && dst.Features().ServerCopy {
		info, err := c.CopyFrom(ctx, dstName, src, srcName, opts)
		if !errors.Is(err, ErrUnsupported) {
			return info, err
		}
	}
	if sameFile(dst, dstName, src, srcName) {
		if viewOf(dst, dstName) != viewOf(src, srcName) {
			return Info{}, errOtherView
		}
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

// errOtherView: the file would be read through one view and written through the other.
var errOtherView = errorf(ErrUnsupported,
	"source and target are one stored file, in two views that store it differently")

// viewOf returns in which way a bucket stores what it is given under the name; nil means
// unchanged.
func viewOf(b Bucket, name string) any {
	if v, ok := b.(viewer); ok {
		return v.View(name)
	}
	return nil
}

// locate returns the store of the file and its key there. A bucket without Locate
// counts as a store of its own. The store is nil if it isn't known, or can't be compared.
func locate(b Bucket, name string) (store any, key string) {
	store, key = located(b, name)
	if store != nil && !reflect.ValueOf(store).Comparable() {
		return nil, key
	}
	return store, key
}

// located is locate, also for a store that can't be compared.
func located(b Bucket, name string) (store any, key string) {
	if l, ok := b.(locator); ok {
		return l.Locate(name)
	}
	return b, name
}

// copyOnto is a copy of a file onto itself.
func copyOnto(ctx context.Context, b Bucket, name string, opts *CopyOptions) (Info, error) {
	f := b.Features()
	_, version := opts.If.Version()
	if version && !f.IfVersion || opts.If.Absent() && !f.IfAbsent {
		// a Put would return this error, but there may be no Put
		return Info{}, errorf(ErrUnsupported, "the bucket can't copy %v", opts.If)
	}
	info, err := statOrNoBucket(ctx, b, name)
	if f.ReadOnly && (err == nil || KindOf(err) == ErrNotExist) {
		return Info{}, errReadOnly // even if nothing would change
	}
	if err != nil {
		return Info{}, err
	}
	if err := checkSource(opts.IfSource, info.Version); err != nil {
		return Info{}, err
	}
	changes := opts.Attributes != nil || len(opts.Native) > 0
	unversioned := f.IfVersion && info.Version == ""
	if unversioned && (version || changes) {
		return Info{}, errNoVersion
	}
	if err := opts.If.Check(true, info.Version); err != nil {
		return Info{}, err
	}
	if !changes {
		again, err := renews(ctx, b, name)
		switch {
		case err != nil:
			return Info{}, err
		case !again:
			return info, nil
		case unversioned:
			return Info{}, errNoVersion
		}
	}
	// A writer in between must not be undone: the content that was read is put back
	// only over its own version.
	for i := 1; ; i++ {
		o := *opts
		if f.IfVersion {
			o.IfSource, o.If = info.Version, IfVersion(info.Version)
		}
		done, err := copyStream(ctx, b, name, b, name, &o)
		if !errors.Is(err, ErrPrecondition) || version || opts.IfSource != "" ||
			i == DefaultUpdateAttempts {
			return done, err
		}
		if info, err = b.Stat(ctx, name, nil); err != nil {
			return Info{}, err
		}
		if f.IfVersion && info.Version == "" {
			return Info{}, errNoVersion
		}
	}
}

// checkCopyTarget checks the target before the source: a bad name must not cost a read,
// and a refusal must not depend on whether the source exists (E2).
func checkCopyTarget(ctx context.Context, dst Bucket, name string) error {
	f := dst.Features()
	if f.ReadOnly {
		return refusal(ctx, dst, name)
	}
	return checkName(name, f.maxName())
}

// refusal returns the error of a read-only bucket for a write; it may also be that the
// bucket is closed or that the name is illegal. The content is nil, so nothing would be
// written anyway.
func refusal(ctx context.Context, b Bucket, name string) error {
	if _, err := b.Put(ctx, name, nil, nil); err != nil && !errors.Is(err, ErrInvalid) {
		return err
	}
	return errReadOnly
}

// closedFirst returns err, unless one of the buckets is closed, which comes before
// everything else that is wrong (E2). A Stat of no name finds that out: it does no I/O
// (N1).
func closedFirst(ctx context.Context, err error, buckets ...Bucket) error {
	for _, b := range buckets {
		if _, serr := b.Stat(ctx, "", nil); errors.Is(serr, ErrClosed) {
			return serr
		}
	}
	return err
}

// statOrNoBucket is Stat, and Check if Stat can't distinguish a missing bucket from a
// missing file (E3).
func statOrNoBucket(ctx context.Context, b Bucket, name string) (Info, error) {
	info, err := b.Stat(ctx, name, nil)
	if KindOf(err) == ErrNotExist && !b.Features().StatNoBucket {
		if cerr := Check(ctx, b); KindOf(cerr) == ErrNoBucket {
			return Info{}, cerr
		}
	}
	return info, err
}

// errNoVersion: an operation that needs a version of the file can't be done safely, and
// reading again wouldn't help.
var errNoVersion = errorf(ErrUnsupported,
	"the file has no version, so another writer's change would be lost")

// checkSource compares the version that the source must have with the one that it has.
func checkSource(want, have Version) error {
	switch {
	case want == "" || want == have:
		return nil
	case have == "":
		return errorf(ErrUnsupported, "the source has no version to compare with IfSource")
	}
	return ErrPrecondition
}

// checkNativeTarget refuses native options before anything is read, but after a bad
// name (E2).
func checkNativeTarget(dst Bucket, name string, options []NativeOption) error {
	if len(options) == 0 {
		return nil
	}
	if err := checkName(name, dst.Features().maxName()); err != nil {
		return err
	}
	return checkNative(dst, OpCopy, options)
}

// copyStream copies by reading and writing.
func copyStream(ctx context.Context, dst Bucket, dstName string, src Bucket, srcName string,
	opts *CopyOptions) (Info, error) {
	if err := checkCopyTarget(ctx, dst, dstName); err != nil {
		return Info{}, closedFirst(ctx, err, dst, src)
	}
	r, err := src.Get(ctx, srcName, &GetOptions{IfVersion: opts.IfSource})
	if err != nil {
		return Info{}, fromSource(err)
	}
	defer r.Close()
	info := r.Info()
	if err := checkSource(opts.IfSource, info.Version); err != nil {
		return Info{}, err
	}
	put := &PutOptions{
		Attributes: info.Attributes,
		If:         opts.If,
		Size:       &info.Size,
		Digest:     info.Digest,
		Native:     opts.Native,
	}
	if opts.Attributes != nil {
		put.Attributes = *opts.Attributes
	}
	return dst.Put(ctx, dstName, r, put)
}

// fromSource adds to an error that either of the two buckets may have that it is the
// source's.
func fromSource(err error) error {
	e, ok := err.(*Error)
	if !ok || e.Kind != ErrPermission && e.Kind != ErrUnavailable {
		return err
	}
	f := *e
	if f.Detail = "the source can't be read"; e.Detail != "" {
		f.Detail += ": " + e.Detail
	}
	return &f
}
