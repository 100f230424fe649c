package gcs

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

var _ driver.PartSigner = (*backend)(nil)

// CanSignParts implements driver.PartSigner. Uploads of the XML API support neither
// conditions nor all attributes (uploads.go).
func (b *backend) CanSignParts(u *driver.Upload) error {
	lacks := ""
	switch {
	case b.signing() == nil:
		lacks = "the bucket has no key to sign with"
	case !u.If.IsZero():
		lacks = "the service has no conditions for uploads in parts"
	case nativeOf(u.Native) != nil:
		lacks = "native options need another kind of upload"
	case !inHeaders(u.Attributes):
		lacks = "the attributes can't be sent as headers, as an upload in parts must"
	}
	if lacks != "" {
		return driver.Errorf(files.ErrUnsupported, "%s", lacks)
	}
	return checkStorable(u.Name)
}

// SignPart implements driver.PartSigner, by version 4 for the XML API's request
// (https://cloud.google.com/storage/docs/xml-api/put-object-multipart). The service
// documents no size for it: CompleteUpload's caller compares the sizes.
func (b *backend) SignPart(_ context.Context, u *driver.Upload, number int,
	expiry time.Duration) (files.SignedURL, error) {
	x := b.xmlUploadOf(context.Background(), u)
	return b.sign(u.Name, files.SignOptions{Method: "PUT", Expiry: expiry}, nil, url.Values{
		"uploadId":   {x.id},
		"partNumber": {strconv.Itoa(number)},
	})
}
