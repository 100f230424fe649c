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

// partBody is a body of a *driver.Part.
type partBody interface {
	io.ReadSeeker
	Len() int
	End()
}

// maxLeanPut is how long content is that lean puts, in bytes: beyond, what the SDK
// computes beside it counts for little.
const maxLeanPut = 64 << 10

// leanPutting is what a Put's request has beyond others.
type leanPutting struct {
	in   *s3.PutObjectInput
	body io.ReadSeeker
	size int64
}

// unsignedPayload stands in for the content's hash in a signature, over TLS.
const unsignedPayload = "UNSIGNED-PAYLOAD"

// takesPut reports whether lean makes a Put: of a small content with its checksum, and
// without options of S3's own.
func (l *lean) takesPut(in *s3.PutObjectInput, size int64) bool {
	return size > 0 && size <= maxLeanPut && (l.expect <= 0 || size < l.expect) &&
		in.ChecksumCRC32C != nil && in.StorageClass == "" && in.Tagging == nil &&
		in.ServerSideEncryption == "" && in.SSEKMSKeyId == nil && in.BucketKeyEnabled == nil &&
		in.ObjectLockMode == "" && in.ObjectLockRetainUntilDate == nil &&
		in.ObjectLockLegalHoldStatus == "" && in.ACL == ""
}

// header sets what a Put's request has beyond the form's.
func (u *leanPutting) header(set func(name string, v ...string)) {
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

// sum is the content's SHA-256; the body is at its beginning again.
func (u *leanPutting) sum() (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, u.body); err != nil {
		return "", err
	}
	if _, err := u.body.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// putObject is the SDK's, or lean's. sent reports whether the whole request may have been
// sent.
func (b *backend) putObject(ctx context.Context, in *s3.PutObjectInput, size int64,
	open func() partBody) (etag *string, sent bool, err error) {
	body := open()
	defer body.End()
	var f *form
	takes := b.lean.takesPut(in, size)
	if takes {
		f = b.lean.form(ctx, leanPut, *in.Bucket, *in.Key)
	}
	if f == nil {
		in.Body = body
		out, err := b.client.PutObject(ctx, in)
		if takes && answered(err) {
			b.lean.learn(ctx, leanPut, *in.Bucket)
		}
		if err != nil {
			return nil, body.Len() == 0, err
		}
		return out.ETag, true, nil
	}
	resp, rest, err := b.lean.send(ctx, f, *in.Key, asked{
		match: in.IfMatch,
		none:  in.IfNoneMatch,
		put: &leanPutting{
			in:   in,
			body: body,
			size: size,
		},
	})
	body.End() // a transport may read on
	sent = body.Len() == 0
	switch {
	case rest != nil:
		defer rest.end()
		again := open()
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
