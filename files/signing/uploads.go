package signing

import (
	"context"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// UploadOptions are the options of BeginUpload. Size is required.
type UploadOptions = driver.SignedUploadOptions

// Upload is an upload whose parts a browser sends. Encode it as JSON to continue in
// another process or a later request. Keep it at the server, or sign it: whoever can
// change it decides about the condition and the attributes.
type Upload = driver.SignedUpload

// Part is a part of an upload that the store has.
type Part = driver.SignedPart

// PartOptions are the options of SignPart.
type PartOptions struct {
	// Expiry is how long the URL works; 0 is 15 minutes.
	Expiry time.Duration
}

// BeginUpload begins an upload of a file in parts that a browser sends, each by a
// signed request of its own. What is stored under the name doesn't change before
// CompleteUpload.
//
// The store keeps the parts, and bills them, until the upload is completed or aborted.
//
// Errors:
//
//   - ErrInvalidName;
//   - ErrInvalid for a size below 1, a negative part size, or attributes that can't be
//     stored;
//   - ErrTooLarge for a file or parts beyond what the bucket takes;
//   - ErrUnsupported if the bucket, or a wrapper, can't sign parts, or has no uploads in
//     parts with these attributes, this condition or these native options;
//   - ErrPermission if the bucket is read-only.
func BeginUpload(ctx context.Context, b files.Bucket, name string,
	opts *UploadOptions) (*Upload, error) {
	var o UploadOptions
	if opts != nil {
		o = *opts
	}
	return driver.BeginSignedUpload(ctx, b, name, o)
}

// SignPart signs the request that sends part number n, from 1 to u.Parts(): a PUT of
// the bytes that u.Part returns. A request that has expired may be signed again. A part
// may be sent again, which replaces it. SignPart makes no request, unless credentials
// must be fetched.
//
// Errors: those of [files.SignURL] for a PUT; ErrInvalid for a number out of bounds, and
// for an upload of another bucket.
func SignPart(ctx context.Context, b files.Bucket, u *Upload, n int,
	opts *PartOptions) (files.SignedURL, error) {
	var o PartOptions
	if opts != nil {
		o = *opts
	}
	return driver.SignPart(ctx, b, u, n, o.Expiry)
}

// ListParts returns the parts that the store has, by ascending number. u.Missing says
// which ones must still be sent.
//
// Errors: ErrNotExist if the upload is no longer there.
func ListParts(ctx context.Context, b files.Bucket, u *Upload) ([]Part, error) {
	return driver.SignedParts(ctx, b, u)
}

// CompleteUpload makes a file of the parts, all or nothing. It asks the store for them,
// so the browser need not report ETags, and compares their numbers and sizes with what
// BeginUpload was told. The condition is decided when the file is stored.
//
// It may be called again. It then returns the Info of the file that it has stored, as
// long as nobody has replaced that file.
//
// Errors, after each of which the parts are kept until AbortUpload:
//
//   - ErrCorrupt if parts are missing or of another size; the text names them, and they
//     can still be sent;
//   - ErrExist and ErrPrecondition of the condition;
//   - ErrNotExist if the upload is no longer there;
//   - ErrUncertain if the response was lost: another call finds out whether the file
//     was stored.
func CompleteUpload(ctx context.Context, b files.Bucket, u *Upload) (files.Info, error) {
	return driver.CompleteSignedUpload(ctx, b, u)
}

// AbortUpload removes the parts. It is not an error if the upload is no longer there. A
// part that a browser is still sending may arrive later: see "Clean up" above.
//
// Errors: ErrInvalid for an upload of another bucket; ErrUnsupported if the bucket, or a
// wrapper, can't reach the upload; ErrPermission if the bucket is read-only.
func AbortUpload(ctx context.Context, b files.Bucket, u *Upload) error {
	return driver.AbortSignedUpload(ctx, b, u)
}
