package s3

import (
	"context"
	"net/http"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// maxExpiry is the longest life of a signed URL:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html
const maxExpiry = 7 * 24 * time.Hour

// SignURL signs GET, HEAD, PUT and DELETE. It makes no request, unless the credentials
// must be fetched first.
func (b *backend) SignURL(ctx context.Context, name string,
	opts files.SignOptions) (files.SignedURL, error) {
	if err := b.known.checkName(name); err != nil {
		return files.SignedURL{}, err
	}
	if opts.Size > maxPart {
		return files.SignedURL{}, driver.Errorf(files.ErrTooLarge,
			"a signed PUT can't send %d bytes, because S3 takes at most 5 GiB", opts.Size)
	}
	expires, err := b.checkExpiry(ctx, opts.Expiry)
	if err != nil {
		return files.SignedURL{}, err
	}
	req, err := b.presign(ctx, name, opts)
	if err != nil {
		return files.SignedURL{}, mapError(ctx, opSign, err)
	}
	return signedOf(req, expires), nil
}

// presign signs by the SDK. The conditions and the size are signed as headers, and the
// headers that the response must have are signed as parameters.
func (b *backend) presign(ctx context.Context, name string,
	opts files.SignOptions) (*v4.PresignedHTTPRequest, error) {
	p, life := b.presigner(), s3.WithPresignExpires(opts.Expiry)
	switch opts.Method {
	case http.MethodHead:
		return p.PresignHeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.bucket, Key: &name}, life)
	case http.MethodPut:
		in := &s3.PutObjectInput{
			Bucket:      &b.bucket,
			Key:         &name,
			ContentType: strPtr(opts.ContentType),
		}
		if opts.Size > 0 {
			in.ContentLength = &opts.Size
		}
		if opts.IfAbsent {
			in.IfNoneMatch = aws.String("*")
		}
		return p.PresignPutObject(ctx, in, life)
	case http.MethodDelete:
		return p.PresignDeleteObject(ctx, &s3.DeleteObjectInput{
			Bucket: &b.bucket,
			Key:    &name,
		}, life)
	}
	return p.PresignGetObject(ctx, &s3.GetObjectInput{
		Bucket:                     &b.bucket,
		Key:                        &name,
		ResponseContentType:        strPtr(opts.ResponseType),
		ResponseContentDisposition: strPtr(opts.ResponseDisposition),
	}, life)
}

// signedOf leaves out the headers that every client sends by itself.
func signedOf(req *v4.PresignedHTTPRequest, expires time.Time) files.SignedURL {
	header := map[string][]string{}
	for k, v := range req.SignedHeader {
		if k != "Host" && k != "Content-Length" {
			header[k] = v
		}
	}
	return files.SignedURL{
		Method:  req.Method,
		URL:     req.URL,
		Header:  header,
		Expires: expires,
	}
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
		return time.Time{}, driver.Errorf(files.ErrInvalid, "expiry %v is beyond the service's %v",
			life, maxExpiry)
	}
	if life < time.Second {
		return time.Time{}, driver.Errorf(files.ErrInvalid, "expiry %v is less than a second", life)
	}
	credentials, err := b.sdk.Options().Credentials.Retrieve(ctx)
	if err != nil {
		return time.Time{}, driver.WithCause(files.ErrPermission, err,
			"there are no credentials to sign with")
	}
	expires := time.Now().Add(life).UTC()
	if credentials.CanExpire && credentials.Expires.Before(expires) {
		return time.Time{}, driver.Errorf(files.ErrInvalid,
			"expiry %v is beyond the credentials' own, which end in %v", life,
			time.Until(credentials.Expires).Round(time.Second))
	}
	return expires, nil
}
