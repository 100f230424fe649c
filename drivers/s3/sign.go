package s3

import (
	"context"
	"net/http"
	"time"

	"cloudfiles.dev/files"
	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// maxExpiry is the longest life of a signed URL:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html
const maxExpiry = 7 * 24 * time.Hour

// SignURL signs GET, PUT and DELETE. It makes no request, unless the credentials must
// be fetched first.
func (b *backend) SignURL(ctx context.Context, name string,
	opts files.SignOptions) (files.SignedURL, error) {
	if err := b.known.checkName(name); err != nil {
		return files.SignedURL{}, err
	}
	expires, err := b.checkExpiry(ctx, opts.Expiry)
	if err != nil {
		return files.SignedURL{}, err
	}
	p := b.presigner()
	life := s3.WithPresignExpires(opts.Expiry)
	var req *v4.PresignedHTTPRequest
	switch opts.Method {
	case http.MethodGet:
		req, err = p.PresignGetObject(ctx, &s3.GetObjectInput{Bucket: &b.bucket, Key: &name}, life)
	case http.MethodPut:
		req, err = p.PresignPutObject(ctx, &s3.PutObjectInput{
			Bucket:      &b.bucket,
			Key:         &name,
			ContentType: strPtr(opts.ContentType),
		}, life)
	case http.MethodDelete:
		req, err = p.PresignDeleteObject(ctx, &s3.DeleteObjectInput{
			Bucket: &b.bucket,
			Key:    &name,
		}, life)
	}
	if err != nil {
		return files.SignedURL{}, mapError(ctx, opSign, err)
	}
	header := map[string][]string{}
	for k, v := range req.SignedHeader {
		if k != "Host" && k != "Content-Length" {
			header[k] = v
		}
	}
	return files.SignedURL{
		Method:  opts.Method,
		URL:     req.URL,
		Header:  header,
		Expires: expires,
	}, nil
}

// newPresigner returns the client that signs URLs. It must not sign a checksum of
// content that doesn't exist yet.
func newPresigner(client *s3.Client, pays bool) *s3.PresignClient {
	return s3.NewPresignClient(derive(client, func(o *s3.Options) {
		if pays {
			o.APIOptions = append(o.APIOptions, payer)
		}
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	}))
}

// checkExpiry refuses a life that is longer than the service's limit or the
// credentials', and returns its end.
func (b *backend) checkExpiry(ctx context.Context, life time.Duration) (time.Time, error) {
	if life > maxExpiry {
		return time.Time{}, files.Errorf(files.ErrInvalid, "expiry %v is beyond the service's %v",
			life, maxExpiry)
	}
	if life < time.Second {
		return time.Time{}, files.Errorf(files.ErrInvalid, "expiry %v is less than a second", life)
	}
	credentials, err := b.sdk.Options().Credentials.Retrieve(ctx)
	if err != nil {
		return time.Time{}, files.WithCause(files.ErrPermission, err,
			"there are no credentials to sign with")
	}
	expires := time.Now().Add(life).UTC()
	if credentials.CanExpire && credentials.Expires.Before(expires) {
		return time.Time{}, files.Errorf(files.ErrInvalid,
			"expiry %v is beyond the credentials' own, which end in %v", life,
			time.Until(credentials.Expires).Round(time.Second))
	}
	return expires, nil
}
