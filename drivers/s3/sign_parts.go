package s3

import (
	"context"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

var _ driver.PartSigner = (*backend)(nil)

// CanSignParts implements driver.PartSigner.
func (b *backend) CanSignParts(u *driver.Upload) error {
	if !b.signs {
		return driver.Errorf(files.ErrUnsupported, "the bucket has no credentials to sign with")
	}
	return b.known.checkName(u.Name)
}

// SignPart implements driver.PartSigner. The part's size is a signed header, which every
// client sends by itself. No checksum is signed, since the content isn't known:
// BeginUpload has begun such an upload without checksums.
func (b *backend) SignPart(ctx context.Context, u *driver.Upload, number int,
	expiry time.Duration) (files.SignedURL, error) {
	expires, err := b.checkExpiry(ctx, expiry)
	if err != nil {
		return files.SignedURL{}, err
	}
	_, _, id := parseUpload(u.ID)
	_, size := u.Part(number)
	req, err := b.presigner().PresignUploadPart(ctx, &s3.UploadPartInput{
		Bucket:        &b.bucket,
		Key:           &u.Name,
		UploadId:      &id,
		PartNumber:    aws.Int32(int32(number)),
		ContentLength: &size,
	}, s3.WithPresignExpires(expiry))
	if err != nil {
		return files.SignedURL{}, mapError(ctx, opSign, err)
	}
	return signedOf(req, expires), nil
}
