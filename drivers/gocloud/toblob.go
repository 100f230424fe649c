package gocloud

import (
	"context"
	"errors"

	"cloudfiles.dev/files"
	cfdriver "cloudfiles.dev/files/driver"
	"gocloud.dev/blob"
	"gocloud.dev/blob/driver"
	"gocloud.dev/gcerrors"
)

// ToBlobOptions are the options of ToBlob. The zero value is the default.
type ToBlobOptions struct {
	// Own makes the *blob.Bucket's Close close the files.Bucket too. Without it the
	// caller's bucket stays open (X3).
	Own bool
}

// ToBlob makes a Go CDK bucket of a files.Bucket, for programs written for the Go CDK. It
// passes the Go CDK's own conformance tests. b must not be nil.
//
// Keys that the naming rule refuses (empty elements, "." and "..", control characters)
// are stored under a name in which the offending characters are escaped as in the Go
// CDK's drivers: "a//b" as "a/__0x2f__b". Any other key is its own name. Keys and names
// correspond one to one. A key whose name would be longer than the bucket's MaxName is
// InvalidArgument. Listings are in the order of the names. Objects that other programs
// have put in the bucket under such keys (an "a//b" in a folder that fileblob wrote, a
// "dir/" in S3) are found under their keys too.
//
// As returns:
//
//   - for the bucket, *files.Bucket and what the bucket's own As returns
//   - for attributes, *files.Info
//   - for a reader, **files.Reader and *files.Info
//   - for a list object, *files.Entry
//   - for an error, *files.Error by errors.As
//
// The Before hooks receive **files.PutOptions, **files.GetOptions,
// **files.DeleteOptions, **files.CopyOptions, **files.ListOptions and
// **files.SignOptions, in which a caller may set conditions that the Go CDK has no
// option for. BeforeSign also receives **files.SignedURL, which has the headers that
// the request must have, once SignedURL has returned.
//
// If the reader given to Upload fails, nothing is stored. As in the Go CDK, a Writer
// commits when it is closed, unless its context has ended. Closing the bucket ends the
// listings that ListPage keeps open.
func ToBlob(b files.Bucket, opts *ToBlobOptions) *blob.Bucket {
	return blob.NewBucket(newBridge(b, opts))
}

func newBridge(b files.Bucket, opts *ToBlobOptions) *bridge {
	if b == nil {
		panic("gocloud: ToBlob of a nil files.Bucket")
	}
	if opts == nil {
		opts = &ToBlobOptions{}
	}
	return &bridge{
		b:     b,
		raw:   rawKeysOf(b),
		own:   opts.Own,
		walks: newWalks(),
	}
}

// bridge is a Go CDK driver over a files.Bucket.
type bridge struct {
	b     files.Bucket
	raw   rawKeys
	own   bool
	walks *walks
}

func (b *bridge) Close() error {
	b.walks.close()
	if !b.own {
		return nil
	}
	return b.b.Close()
}

// codes are Go CDK's codes for the sentinels.
var codes = map[error]gcerrors.ErrorCode{
	files.ErrNotExist: gcerrors.NotFound,
	files.ErrNoBucket: gcerrors.NotFound,
	// as for Go CDK's IfNotExist
	files.ErrExist:        gcerrors.FailedPrecondition,
	files.ErrPrecondition: gcerrors.FailedPrecondition,
	files.ErrClosed:       gcerrors.FailedPrecondition,
	files.ErrChanged:      gcerrors.FailedPrecondition,
	files.ErrInvalid:      gcerrors.InvalidArgument,
	files.ErrInvalidName:  gcerrors.InvalidArgument,
	files.ErrTooLarge:     gcerrors.InvalidArgument,
	files.ErrPermission:   gcerrors.PermissionDenied,
	files.ErrUnsupported:  gcerrors.Unimplemented,
	files.ErrUnavailable:  gcerrors.ResourceExhausted,
}

func (b *bridge) ErrorCode(err error) gcerrors.ErrorCode {
	if c, ok := codes[files.KindOf(err)]; ok {
		return c
	}
	return gcerrors.Unknown
}

func (b *bridge) As(target any) bool {
	if set(target, b.b) {
		return true
	}
	a, ok := b.b.(cfdriver.BucketAser)
	return ok && target != nil && a.As(target)
}

func (b *bridge) ErrorAs(err error, target any) bool { return errors.As(err, target) }

// set sets *target to v if target is a *T.
func set[T any](target any, v T) bool {
	p, ok := target.(*T)
	if ok && p != nil {
		*p = v
	}
	return ok && p != nil
}

// as makes the As function with which hooks and objects return a value.
func as[T any](v T) func(any) bool { return func(target any) bool { return set(target, v) } }

// before calls the hook, if there is one.
func before[T any](hook func(func(any) bool) error, v T) error {
	if hook == nil {
		return nil
	}
	return hook(as(v))
}

// SignedURL signs a URL. It can't bind the absence of a header
// (EnforceAbsentContentType).
func (b *bridge) SignedURL(ctx context.Context, key string,
	opts *driver.SignedURLOptions) (string, error) {
	if opts.EnforceAbsentContentType && opts.ContentType == "" {
		return "", cfdriver.Errorf(files.ErrUnsupported,
			"the absence of a content type can't be signed")
	}
	o := &files.SignOptions{Method: opts.Method, Expiry: opts.Expiry, ContentType: opts.ContentType}
	var s files.SignedURL
	if opts.BeforeSign != nil {
		err := opts.BeforeSign(func(target any) bool { return set(target, o) || set(target, &s) })
		if err != nil {
			return "", err
		}
	}
	var err error
	s, err = files.SignURL(ctx, b.b, nameOf(key), o)
	return s.URL, err
}
