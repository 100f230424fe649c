package driver

import (
	"context"
	"io"
	"time"

	"cloudfiles.dev/files"
)

// PartSigner is a PartUploader whose parts others may send, by signed requests: a
// browser, without credentials (package files/signing). Upload.Signed is true in each
// step of such an upload.
type PartSigner interface {
	PartUploader
	// CanSignParts returns why the parts of such an upload can't be signed, or nil. It
	// is asked before the upload begins, and makes no request.
	CanSignParts(u *Upload) error
	// SignPart returns the signed request that sends one part, a PUT. It is bound to
	// the name, the upload and the part's number and, if the service can, to its size.
	// It can't store a file by itself. SignPart makes no request; expiry is positive,
	// and ErrInvalid if it is beyond the service's limit.
	SignPart(ctx context.Context, u *Upload, number int,
		expiry time.Duration) (files.SignedURL, error)
}

// PartReceiver is a PartSigner whose signed requests arrive in this program, because the
// store has no server of its own.
type PartReceiver interface {
	PartSigner
	// ReceivePart stores a part of size bytes, which replaces an earlier one of its
	// number. Content of another length is files.ErrCorrupt and stores nothing. It
	// returns the part's tag.
	ReceivePart(ctx context.Context, u *Upload, number int, size int64,
		content io.Reader) (tag string, err error)
}

// BucketPartSigner is a wrapper that lets the bucket below it sign parts of uploads. fn
// is called with that bucket and its name for the file, inside whatever the wrapper does
// around the signing of a PUT. A wrapper that a part would bypass returns
// errors.ErrUnsupported.
type BucketPartSigner interface {
	// WithSignPart calls fn with the bucket below and its name for the file.
	WithSignPart(ctx context.Context, name string,
		fn func(ctx context.Context, b files.Bucket, name string) error) error
}

var errNoParts = Errorf(files.ErrUnsupported, "the bucket can't sign parts of an upload")

// A partSigner is an Uploader whose backend signs parts.
type partSigner struct {
	*Uploader
	signer PartSigner
}

// withPartSigner calls f with the backend, inside all wrappers, as the signing of a PUT.
// f may be called again if it has failed, as in WithUploader.
func withPartSigner(ctx context.Context, b files.Bucket, name string,
	f func(ctx context.Context, to partSigner) error) error {
	g := stepGuard[partSigner]{f: f}
	defer g.end() // even if f panics
	return g.result(partSignerOf(ctx, b, name, g.call))
}

func partSignerOf(ctx context.Context, b files.Bucket, name string,
	f func(ctx context.Context, to partSigner) error) error {
	switch b := b.(type) {
	case nil:
		return Errorf(files.ErrInvalid, "the bucket is nil")
	case *bucket:
		if err := b.enter(ctx, Key{Name: name}, nil); err != nil {
			return err
		}
		defer b.release()
		s, ok := b.backend.(PartSigner)
		if !ok || b.feat().ReadOnly {
			return errNoParts
		}
		return f(ctx, partSigner{&Uploader{PartUploader: s, Name: name, bucket: b}, s})
	case BucketPartSigner:
		return b.WithSignPart(ctx, name,
			func(ctx context.Context, below files.Bucket, name string) error {
				return partSignerOf(ctx, below, name, f)
			})
	}
	return errNoParts
}

// ReceivePart stores a part that arrived by a signed request, through all wrappers of a
// bucket whose backend is a PartReceiver. The caller has verified the request. The
// content is read once: a wrapper that repeats a failed step gets its error again.
//
// Errors: files.ErrCorrupt for content of another length; files.ErrNotExist if the
// upload is no longer there; errors.ErrUnsupported if the bucket receives no parts.
func ReceivePart(ctx context.Context, b files.Bucket, name, id string, number int, size int64,
	content io.Reader) (tag string, err error) {
	var first error
	read := false
	err = uploadStep(ctx, b, name, func(ctx context.Context, to *Uploader) error {
		r, ok := to.PartUploader.(PartReceiver)
		switch {
		case !ok:
			return errNoParts
		case read:
			return first
		}
		read = true
		u := &Upload{Name: to.Name, ID: id, Signed: true}
		tag, first = r.ReceivePart(ctx, u, number, size, content)
		return first
	})
	if err != nil {
		return "", NewError(files.OpUpload, name, err)
	}
	return tag, nil
}

// errSignedGone is the error of an upload that is no longer there. Retrying doesn't
// help, so it isn't ErrUploadGone, which is files.ErrUnavailable.
var errSignedGone = Errorf(files.ErrNotExist,
	"the upload is no longer there: it was completed and the file replaced, or aborted")

// uploadStep makes one step of a signed upload. A wrapper need not repeat a step because
// the upload is gone.
func uploadStep(ctx context.Context, b files.Bucket, name string,
	f func(ctx context.Context, to *Uploader) error) error {
	if b == nil {
		return Errorf(files.ErrInvalid, "the bucket is nil")
	}
	gone := false
	err := WithUploader(ctx, b, name, func(ctx context.Context, to *Uploader) error {
		err := f(ctx, to)
		if gone = isGone(err); gone {
			return nil
		}
		return err
	})
	if err == nil && gone {
		return errSignedGone
	}
	return err
}
