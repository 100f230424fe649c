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
	// (UpdateAttributes changes some); nil keeps them. With an empty ContentType the
	// type is found anew, by the target's name.
	Attributes *Attributes
	// If is the condition on the target.
	If Condition
	// IfSource copies only that version of the source: ErrPrecondition otherwise. "" is
	// no condition.
	IfSource Version
	// FullInfo makes the Info that is returned that of Stat also where it costs a
	// further request (S3). Without it the Info has what the answer to the copy tells:
	// where Size is -1, that isn't the size, and not the attributes unless they were
	// given.
	FullInfo bool
	// MayLoseConcurrentPut lets Move work where the source can't delete a certain
	// version (Features.DeleteIfVersion): a file that somebody puts under the source's
	// name while it is moved may then be deleted, though its Put has returned nil. Copy
	// ignores it.
	MayLoseConcurrentPut bool
	// Native are options of the target's service alone, as in PutOptions. With one, a
	// copy onto itself is a change.
	Native []NativeOption
}

// Copier is a Bucket that copies without the content passing through the program.
type Copier interface {
	// CopyFrom copies src's srcName to the bucket's own dstName. Where it can't reach
	// src it answers errors.ErrUnsupported and changes nothing.
	CopyFrom(ctx context.Context, dstName string, src Bucket, srcName string,
		opts *CopyOptions) (Info, error)
}

// CopySource is a Bucket that stands for another one as the source of a copy: a
// wrapper. WithCopySource calls fn with the bucket below and its name for the file,
// inside whatever the wrapper does around reading it; it answers errors.ErrUnsupported
// where a copy would get round the wrapper.
type CopySource interface {
	WithCopySource(ctx context.Context, name string,
		fn func(ctx context.Context, b Bucket, name string) error) error
}

// Locator is a Bucket that tells which file a name is: names with equal, comparable
// results are one file.
type Locator interface {
	Locate(name string) (store any, key string)
}

// Copy copies a file, inside one bucket or from one to another: content, content type,
// headers and metadata, all or nothing (C1). It is server-side where both are one store
// and streams otherwise. A copy onto itself changes nothing but the attributes, if
// there are new ones.
//
// Errors: ErrNotExist for a missing source; ErrExist and ErrPrecondition by the
// options; and those of Get and Put.
func Copy(ctx context.Context, dst Bucket, dstName string, src Bucket, srcName string,
	opts *CopyOptions) (Info, error) {
	if opts == nil {
		opts = &CopyOptions{}
	}
	_, src = given(ctx, src)
	ctx, dst = given(ctx, dst)
	info, err := copyFile(ctx, dst, dstName, src, srcName, opts)
	if err != nil {
		return Info{}, NewError(OpCopy, copyNames(srcName, dstName), err)
	}
	return info, nil
}

func copyNames(src, dst string) string { return src + " to " + dst }

func copyFile(ctx context.Context, dst Bucket, dstName string, src Bucket, srcName string,
	opts *CopyOptions) (Info, error) {
	if err := checkNativeTarget(dst, dstName, opts.Native); err != nil {
		return Info{}, closedFirst(ctx, err, dst, src)
	}
	if c, ok := dst.(Copier); ok && dst.Features().ServerCopy {
		info, err := c.CopyFrom(ctx, dstName, src, srcName, opts)
		if !errors.Is(err, ErrUnsupported) {
			return info, err
		}
	}
	if sameFile(dst, dstName, src, srcName) {
		if viewOf(dst) != viewOf(src) {
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

// errOtherView: the file would be read through one view while it is written through the
// other.
var errOtherView = Errorf(ErrUnsupported,
	"both are one stored file, of two views that store it differently")

// viewOf tells in which way a bucket stores what it is given; nil is as it is.
func viewOf(b Bucket) any {
	if v, ok := b.(interface{ view() any }); ok {
		return v.view()
	}
	return nil
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
		// a Put would say so, but there may be none
		return Info{}, Errorf(ErrUnsupported, "the bucket can't copy %v", opts.If)
	}
	info, err := statOrNoBucket(ctx, b, name)
	if f.ReadOnly && (err == nil || KindOf(err) == ErrNotExist) {
		return Info{}, errReadOnly // also where nothing would change
	}
	if err != nil {
		return Info{}, err
	}
	if err := checkSource(opts.IfSource, info.Version); err != nil {
		return Info{}, err
	}
	if _, version := opts.If.Version(); info.Version == "" && (version || f.IfVersion) {
		if version || opts.Attributes != nil || len(opts.Native) > 0 {
			return Info{}, errNoVersion
		}
	}
	if err := CheckCondition(opts.If, true, info.Version); err != nil {
		return Info{}, err
	}
	if opts.Attributes == nil && len(opts.Native) == 0 {
		return info, nil
	}
	// A writer in between must not be undone: the content read is put back only over
	// its own version.
	for i := 1; ; i++ {
		o := *opts
		if f.IfVersion {
			o.IfSource, o.If = info.Version, IfVersion(info.Version)
		}
		done, err := copyStream(ctx, b, name, b, name, &o)
		_, conditional := opts.If.Version()
		if !errors.Is(err,
			ErrPrecondition) || conditional || opts.IfSource != "" || i == DefaultAttempts {
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

// CheckCondition decides a condition against what is there: whether a file exists, and
// its version. It returns nil, ErrExist or ErrPrecondition. Drivers call it at the
// moment of the commit.
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

// checkCopyTarget looks at the target before the source: a bad name must not cost a
// read, and what is refused is refused whether the source exists or not (E2).
func checkCopyTarget(ctx context.Context, dst Bucket, name string) error {
	f := dst.Features()
	if f.ReadOnly {
		return refusal(ctx, dst, name)
	}
	return CheckNameMax(name, f.maxName())
}

// refusal is what a read-only bucket says to a write, which may be that it is closed or
// that the name is illegal. The content is nil, so that nothing would be written
// anyway.
func refusal(ctx context.Context, b Bucket, name string) error {
	if _, err := b.Put(ctx, name, nil, nil); err != nil && !errors.Is(err, ErrInvalid) {
		return err
	}
	return errReadOnly
}

// closedFirst is err, unless one of the buckets is closed, which comes before all else
// that is wrong (E2). Stat of no name tells: it does no I/O (N1).
func closedFirst(ctx context.Context, err error, buckets ...Bucket) error {
	for _, b := range buckets {
		if _, serr := b.Stat(ctx, "", nil); errors.Is(serr, ErrClosed) {
			return serr
		}
	}
	return err
}

// statOrNoBucket is Stat, with a second look where that can't tell a missing bucket (E3).
func statOrNoBucket(ctx context.Context, b Bucket, name string) (Info, error) {
	info, err := b.Stat(ctx, name, nil)
	if KindOf(err) == ErrNotExist && !b.Features().StatNoBucket {
		if cerr := Check(ctx, b); KindOf(cerr) == ErrNoBucket {
			return Info{}, cerr
		}
	}
	return info, err
}

// errNoVersion: what needs a version of the file can't be done safely, and reading
// again wouldn't help.
var errNoVersion = Errorf(ErrUnsupported,
	"the file has no version, so another writer's change would be lost")

// checkSource compares what a source must be with what it is.
func checkSource(want, have Version) error {
	switch {
	case want == "" || want == have:
		return nil
	case have == "":
		return Errorf(ErrUnsupported, "the source has no version that could be the one asked for")
	}
	return ErrPrecondition
}

// checkNativeTarget refuses native options before anything is looked at, but not before
// a bad name (E2).
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
func copyStream(ctx context.Context, dst Bucket, dstName string, src Bucket, srcName string,
	opts *CopyOptions) (Info, error) {
	if err := checkCopyTarget(ctx, dst, dstName); err != nil {
		return Info{}, closedFirst(ctx, err, dst, src)
	}
	r, err := src.Get(ctx, srcName, &GetOptions{IfVersion: opts.IfSource})
	if err != nil {
		return Info{}, err
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
