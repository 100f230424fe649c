package files

import (
	"context"
	"reflect"
)

// Move copies a file and then deletes the version that was copied: after a crash at
// least one of the two files exists, perhaps both (C1). Moving a file onto itself
// changes nothing.
//
// Errors:
//
//   - those of Copy;
//   - ErrUnsupported, before anything is written, if the source can't delete a certain
//     version (Features.DeleteIfVersion) or reports no version, unless
//     CopyOptions.MayLoseConcurrentPut allows it;
//   - ErrUnsupported, before anything is written, if Move can't find out whether source
//     and target are the same file;
//   - ErrPrecondition if the source was replaced meanwhile: then the target holds what
//     was copied, and the source stays.
func Move(ctx context.Context, dst Bucket, dstName string, src Bucket, srcName string,
	opts *CopyOptions) (Info, error) {
	if opts == nil {
		opts = &CopyOptions{}
	}
	_, src = given(ctx, src)
	ctx, dst = given(ctx, dst)
	info, err := move(ctx, dst, dstName, src, srcName, *opts)
	if err != nil {
		return Info{}, newError(OpMove, copyNames(srcName, dstName), err)
	}
	return info, nil
}

// checkMove checks the target and what the source can do, before anything is read.
func checkMove(ctx context.Context, dst Bucket, dstName string, src Bucket, srcName string,
	mayLose bool) error {
	if r, ok := dst.(refusing); ok {
		return r.err
	}
	f := src.Features()
	if err := checkCopyTarget(ctx, dst, dstName); err != nil {
		return err
	}
	// before what the source can't do (E2)
	if err := checkName(srcName, f.maxName()); err != nil {
		return err
	}
	if f.ReadOnly {
		return refusal(ctx, src, srcName)
	}
	if !f.DeleteIfVersion && !mayLose {
		return errorf(ErrUnsupported,
			"the source can't delete the version that was copied, so what is put "+
				"meanwhile could be lost; CopyOptions.MayLoseConcurrentPut allows that")
	}
	if !f.VersionPerPut && maybeSame(dst, dstName, src, srcName) {
		return errorf(ErrUnsupported, "source and target may be one file, which would be deleted")
	}
	return nil
}

// maybeSame reports whether two files may be one without a way to find out: their stores
// are of one type that can't be compared and has no Locate (package driver's
// BucketLocator).
func maybeSame(a Bucket, aName string, b Bucket, bName string) bool {
	storeA, keyA := located(a, aName)
	storeB, keyB := located(b, bName)
	return storeB != nil && !reflect.ValueOf(storeB).Comparable() &&
		reflect.TypeOf(storeA) == reflect.TypeOf(storeB) && keyA == keyB
}

func move(ctx context.Context, dst Bucket, dstName string, src Bucket, srcName string,
	opts CopyOptions) (Info, error) {
	if err := checkNativeTarget(dst, dstName, opts.Native); err != nil {
		return Info{}, closedFirst(ctx, err, dst, src)
	}
	if sameFile(dst, dstName, src, srcName) {
		if viewOf(dst, dstName) != viewOf(src, srcName) {
			return Info{}, closedFirst(ctx, errOtherView, dst, src)
		}
		return Copy(ctx, dst, dstName, src, srcName, &opts)
	}
	if err := checkMove(ctx, dst, dstName, src, srcName, opts.MayLoseConcurrentPut); err != nil {
		return Info{}, closedFirst(ctx, err, dst, src)
	}
	from, err := statOrNoBucket(ctx, src, srcName)
	if err != nil {
		return Info{}, err
	}
	if err := checkSource(opts.IfSource, from.Version); err != nil {
		return Info{}, err
	}
	if from.Version == "" && !opts.MayLoseConcurrentPut {
		return Info{}, errorf(ErrUnsupported,
			"the source reports no version of the file, so what is put meanwhile "+
				"could be lost; CopyOptions.MayLoseConcurrentPut allows that")
	}
	opts.IfSource, opts.FullInfo = from.Version, false
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
	return info, deleteMoved(ctx, src, srcName, from.Version)
}

// deleteMoved deletes the version that was copied. If the source can't, which the
// caller has allowed, it checks shortly before the deletion whether that version is
// still there.
func deleteMoved(ctx context.Context, src Bucket, name string, v Version) error {
	if v != "" && src.Features().DeleteIfVersion {
		return src.Delete(ctx, name, &DeleteOptions{IfVersion: v})
	}
	now, err := src.Stat(ctx, name, nil)
	if err != nil {
		return err
	}
	if now.Version != v {
		return ErrPrecondition
	}
	return src.Delete(ctx, name, nil)
}
