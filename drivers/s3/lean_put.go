package s3

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// partBody is the body of a *driver.Part.
type partBody interface {
	io.ReadSeeker
	Len() int
	End()
}

// maxLeanPut is the length in bytes of the longest content that lean puts. With more,
// what the SDK computes matters little.
const maxLeanPut = 64 << 10

// leanPutInput is what a Put's request has and other requests don't.
type leanPutInput struct {
	in   *s3.PutObjectInput
	body io.ReadSeeker
	size int64
}

// unsignedPayload replaces the content's hash in a signature, over TLS.
const unsignedPayload = "UNSIGNED-PAYLOAD"

// takesPut reports whether lean makes the Put. The content must be small and have a
// checksum, and there must be no PutOptions.
func (l *lean) takesPut(in *s3.PutObjectInput, size int64) bool {
	return size > 0 && size <= maxLeanPut && (l.expect <= 0 || size < l.expect) &&
		in.ChecksumCRC32C != nil && in.StorageClass == "" && in.Tagging == nil &&
		in.ServerSideEncryption == "" && in.SSEKMSKeyId == nil && in.BucketKeyEnabled == nil &&
		in.ObjectLockMode == "" && in.ObjectLockRetainUntilDate == nil &&
		in.ObjectLockLegalHoldStatus == "" && in.ACL == ""
}

// expectFrom is from how many bytes on a conditional Put first asks the service whether
// it takes the content (Expect: 100-continue); the SDK does so from 2 MiB on. A service
// that refuses a Put by its condition may close the connection without reading the
// content, and then the response is lost.
const expectFrom = 256 << 10

// expects makes a conditional Put ask from expectFrom on, unless the client has another
// value.
func expects(in *s3.PutObjectInput) func(*s3.Options) {
	return func(o *s3.Options) {
		if (in.IfMatch != nil || in.IfNoneMatch != nil) && o.ContinueHeaderThresholdBytes == 0 {
			o.ContinueHeaderThresholdBytes = expectFrom
		}
	}
}

// header sets the headers that a Put's request adds to the form's.
func (u *leanPutInput) header(set func(name string, v ...string)) {
	one := func(name string, v *string) {
		if v != nil {
			set(name, *v)
		}
	}
	set("Content-Type", cmp.Or(aws.ToString(u.in.ContentType), "application/octet-stream"))
	one("Cache-Control", u.in.CacheControl)
	one("Content-Disposition", u.in.ContentDisposition)
	one("Content-Encoding", u.in.ContentEncoding)
	one("Content-Language", u.in.ContentLanguage)
	one("X-Amz-Checksum-Crc32c", u.in.ChecksumCRC32C)
	for k, v := range u.in.Metadata {
		set("X-Amz-Meta-"+http.CanonicalHeaderKey(k), v)
	}
}

// sum returns the content's SHA-256, and leaves the body at its beginning.
func (u *leanPutInput) sum() (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, u.body); err != nil {
		return "", err
	}
	if _, err := u.body.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// putObject is PutObject by the SDK or by lean. sent reports whether the whole request
// may have been sent.
func (b *backend) putObject(ctx context.Context, in *s3.PutObjectInput, size int64,
	newBody func() partBody) (etag *string, sent bool, err error) {
	body := newBody()
	defer body.End()
	var f *form
	takes := b.lean.takesPut(in, size)
	if takes {
		f = b.lean.form(ctx, leanPut, *in.Bucket, *in.Key)
	}
	if f == nil {
		in.Body = body
		out, err := b.client.PutObject(ctx, in, expects(in))
		if takes && answered(err) {
			b.lean.makeForm(ctx, leanPut, *in.Bucket)
		}
		if err != nil {
			return nil, body.Len() == 0, err
		}
		return out.ETag, true, nil
	}
	resp, rest, err := b.lean.send(ctx, f, *in.Key, leanInput{
		match: in.IfMatch,
		none:  in.IfNoneMatch,
		put: &leanPutInput{
			in:   in,
			body: body,
			size: size,
		},
	})
	body.End() // a transport may still read
	sent = body.Len() == 0
	switch {
	case rest != nil:
		defer rest.end()
		again := newBody()
		defer again.End()
		in.Body = again
		out, err := b.client.PutObject(rest, in, rest.settings)
		if rest.repeated.Load() {
			sent = again.Len() == 0
		}
		if err != nil {
			return nil, sent, err
		}
		return out.ETag, true, nil
	case err != nil:
		return nil, sent, err
	}
	resp.Body.Close()
	return fields{resp.Header}.get("Etag"), true, nil
}
