package files

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"math/rand/v2"
)

// UpdateAttributes changes attributes of a file and keeps its content, its digest and
// all other attributes. fn gets the attributes that the file has, metadata included,
// and changes them. ([Copy] with new Attributes replaces them all.) If fn changes
// nothing, or returns SkipUpdate, nothing is written. Another error of fn ends
// UpdateAttributes. If fn sets the content type to "", the type is found again, by the
// name (P6).
//
// The change is bound to the version that was read: if another writer comes in between,
// UpdateAttributes reads the file again and calls fn again, so that nothing is mixed or
// lost. If not every Put makes a new version (Features.VersionPerPut is false, as on
// S3), the version protects only the content: if another writer changes only attributes
// at the same time, UpdateAttributes doesn't notice that, and the later change wins.
//
// If the bucket copies on the server's side (Features.ServerCopy), UpdateAttributes
// takes two requests: Stat, and a copy of the file onto itself. Otherwise it takes Get
// and Put, and the content passes through the program. The Info is that of the file
// after the change.
//
// Errors: ErrNotExist; ErrUnsupported if the bucket can't put conditionally
// (Features.IfVersion); ErrPrecondition if another writer came first in each attempt;
// ErrInvalid for attributes that can't be stored (P7), and for options other than
// Attempts; ErrUncertain; those of Stat,
// Get, Put and Copy; and fn's own.
func UpdateAttributes(ctx context.Context, b Bucket, name string, fn func(*Attributes) error,
	opts *UpdateOptions) (Info, error) {
	ctx, b = given(ctx, b)
	u := &attributeUpdate{
		ctx:      ctx,
		bucket:   b,
		name:     name,
		fn:       fn,
		attempts: DefaultUpdateAttempts,
	}
	if opts != nil {
		if opts.Attributes != nil || opts.MaxBytes != 0 {
			return Info{}, newError(OpUpdate, name,
				invalid("UpdateAttributes takes Attempts, but no Attributes or MaxBytes"))
		}
		u.attempts = cmp.Or(opts.Attempts, u.attempts)
	}
	info, err := u.run()
	if err != nil {
		return Info{}, newError(OpUpdate, name, err)
	}
	return info, nil
}

type attributeUpdate struct {
	ctx      context.Context
	bucket   Bucket
	name     string
	fn       func(*Attributes) error
	attempts int
	lost     *lostAttributes
}

// lostAttributes is a write whose response was lost.
type lostAttributes struct {
	before Version
	want   Attributes
}

func (u *attributeUpdate) run() (Info, error) {
	if err := u.check(); err != nil {
		return Info{}, closedFirst(u.ctx, err, u.bucket)
	}
	wait := updateWait
	for i := 1; ; i++ {
		info, done, err := u.attempt()
		switch {
		case err != nil:
			return Info{}, afterWrite(u.lost != nil, err)
		case done:
			return info, nil
		case i >= u.attempts && u.lost != nil:
			return Info{}, errorf(ErrUncertain, "gave up after %d attempts", u.attempts)
		case i >= u.attempts:
			return Info{}, errorf(ErrPrecondition,
				"another writer came first in each of %d attempts", u.attempts)
		}
		if err := sleepFor(u.ctx, rand.N(wait)); err != nil {
			return Info{}, afterWrite(u.lost != nil, err)
		}
		wait = min(2*wait, updateWaitMax)
	}
}

func (u *attributeUpdate) check() error {
	f := u.bucket.Features()
	switch err := CheckName(u.name); {
	case err != nil:
		return err
	case u.fn == nil:
		return invalid("the function is nil")
	case u.attempts < 0:
		return invalid("negative number of attempts %d", u.attempts)
	case f.ReadOnly:
		return refusal(u.ctx, u.bucket, u.name)
	case !f.IfVersion:
		return errorf(ErrUnsupported,
			"the bucket can't put conditionally, so another writer's change would be lost")
	}
	return nil
}

// attempt stats the file, calls fn and writes once. done is false if there was another
// writer in between.
func (u *attributeUpdate) attempt() (info Info, done bool, err error) {
	var body *Reader
	copier, server := u.bucket.(copier)
	if server = server && u.bucket.Features().ServerCopy; server {
		info, err = statOrNoBucket(u.ctx, u.bucket, u.name)
	} else if body, err = u.bucket.Get(u.ctx, u.name, nil); err == nil {
		defer body.Close()
		info = body.Info()
	}
	if err != nil {
		return Info{}, false, err
	}
	want, done, err := u.want(info)
	if done || err != nil {
		return info, done, err
	}
	var after Info
	if server {
		after, err = copier.CopyFrom(u.ctx, u.name, u.bucket, u.name, &CopyOptions{
			Attributes: &want,
			If:         IfVersion(info.Version),
			IfSource:   info.Version,
		})
		if errors.Is(err, ErrUnsupported) { // of the conditions, or of a file of this size
			if body, err = u.bucket.Get(u.ctx, u.name, nil); err != nil {
				return Info{}, false, err
			}
			defer body.Close()
			if body.Info().Version != info.Version {
				return Info{}, false, nil
			}
		}
	}
	if body != nil {
		put := &PutOptions{
			Attributes: want,
			If:         IfVersion(info.Version),
			Size:       &info.Size,
			Digest:     info.Digest,
		}
		after, err = u.bucket.Put(u.ctx, u.name, body, put)
	}
	switch {
	case err == nil:
		return sameContent(after, info), true, nil
	case errors.Is(err, ErrUncertain):
		u.lost = &lostAttributes{before: info.Version, want: want}
		return Info{}, false, nil
	case KindOf(err) == ErrPrecondition, KindOf(err) == ErrChanged:
		return Info{}, false, nil
	}
	return Info{}, false, err
}

// want returns the attributes to write; done is true if there is nothing to do.
func (u *attributeUpdate) want(info Info) (want Attributes, done bool, err error) {
	if info.Version == "" {
		return want, false, errNoVersion
	}
	if u.lost != nil { // it may still be carried out, so the same is written again
		switch {
		case equalAttributes(info.Attributes, u.lost.want):
			return want, true, nil
		case info.Version == u.lost.before:
			return u.lost.want, false, nil
		}
		return want, false, errorf(ErrUncertain,
			"the response to a write was lost, and the file was changed since")
	}
	want = info.Attributes.Clone()
	switch err := u.fn(&want); {
	case err == SkipUpdate:
		return want, true, nil
	case err != nil:
		return want, false, callerError(OpUpdate, u.name, err)
	}
	if want, err = want.Normalize(); err != nil {
		return want, false, err
	}
	return want, equalAttributes(info.Attributes, want), nil
}

// equalAttributes reports whether the file's attributes are the wanted ones already, so
// that nothing need be written.
func equalAttributes(have, want Attributes) bool {
	return maps.Equal(want.Metadata,
		have.Metadata) && want.ContentType == have.ContentType &&
		want.CacheControl == have.CacheControl &&
		want.ContentDisposition == have.ContentDisposition &&
		want.ContentEncoding == have.ContentEncoding &&
		want.ContentLanguage == have.ContentLanguage
}

// sameContent adds to the Info of a write what is known about the content that was
// kept.
func sameContent(after, before Info) Info {
	after.Size = before.Size
	if after.Digest == (Digest{}) {
		after.Digest = before.Digest
	}
	return after
}
