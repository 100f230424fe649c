package s3

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// PostOptions say what a signed form allows. Expiry is at most 7 days, and MaxSize at
// most 5 GiB.
type PostOptions = driver.PostOptions

// SignedPost is a signed form. S3 responds to it with 204, or as PostOptions say, or
// with an error in XML.
type SignedPost = driver.PostForm

// SignPost signs a form for uploading a file of that name from a browser. Unlike a
// signed PUT, the form limits the size of the content, and S3 enforces that. b must be
// a bucket of this package. It must not be wrapped, since the form would bypass the
// wrapper, such as a prefix or a sub-bucket. SignPost makes no request, unless the
// credentials must be fetched.
//
// # CORS
//
// A page sends the form to the bucket, which is another origin than the page's own.
// HTML's form element may always do that. A script such as
//
//	const form = new FormData();
//	for (const [k, v] of Object.entries(fields)) form.append(k, v);
//	form.append("file", file); // last: S3 ignores what comes after it
//	const response = await fetch(url, {method: "POST", body: form});
//
// sends it too. But the browser hides the response from the script, so the script can't
// find out whether the upload succeeded, unless the bucket's CORS rules allow the
// method POST for the page's origin. The bucket's owner sets these rules once, with aws
// s3api put-bucket-cors, the console or PutBucketCors of the SDK (files.As gives its
// client):
//
//	{"CORSRules": [{
//		"AllowedOrigins": ["https://app.example"],
//		"AllowedMethods": ["POST"],
//		"AllowedHeaders": ["*"],
//		"ExposeHeaders": ["ETag"],
//		"MaxAgeSeconds": 3600
//	}]}
//
// ExposeHeaders lets the script read the ETag, which is the file's version.
// AllowedOrigins doesn't protect the bucket, since any program may send the form. The
// signature does. A multipart/form-data POST without additional headers, and without
// listeners to the upload's progress, needs no preflight. With them the browser first
// sends OPTIONS, which the same rule allows. A signed PUT, GET or DELETE that a script
// sends needs its method in AllowedMethods, and PUT and DELETE always have a preflight.
// See https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html and
// https://developer.mozilla.org/docs/Web/HTTP/Guides/CORS.
//
// Errors: ErrInvalidName;
// ErrInvalid for sizes and an expiry out of bounds; ErrUnsupported for a bucket that
// isn't of this package or has no credentials, and for a name or an attribute with
// ${filename}, which S3 replaces in forms.
func SignPost(ctx context.Context, b files.Bucket, name string,
	opts *PostOptions) (SignedPost, error) {
	var o PostOptions
	if opts != nil {
		o = *opts
	}
	p, err := signPost(ctx, b, name, o)
	if err != nil {
		return SignedPost{}, driver.NewError(files.OpSignPut, name, err)
	}
	return p, nil
}

func signPost(ctx context.Context, bucket files.Bucket, name string,
	o PostOptions) (SignedPost, error) {
	if _, ok := driver.Unwrap(bucket).(*backend); !ok {
		return SignedPost{}, driver.Errorf(files.ErrUnsupported, "the bucket can't sign forms")
	}
	return driver.SignPost(ctx, bucket, name, o)
}

// SignPost signs a form by a policy of version 4.
func (b *backend) SignPost(ctx context.Context, name string,
	o driver.PostOptions) (driver.PostForm, error) {
	if o.MaxSize > maxPart {
		return SignedPost{}, driver.Errorf(files.ErrInvalid,
			"a form can't allow %d bytes, because S3 takes at most 5 GiB", o.MaxSize)
	}
	if err := b.known.checkName(name); err != nil {
		return SignedPost{}, err
	}
	expires, err := b.checkExpiry(ctx, o.Expiry)
	if err != nil {
		return SignedPost{}, err
	}
	fields, err := postFields(o)
	if err != nil {
		return SignedPost{}, err
	}
	conditions := []any{[]any{"content-length-range", o.MinSize, o.MaxSize}}
	if strings.HasSuffix(o.ContentType, "/") {
		conditions = append(conditions, []any{"starts-with", "$Content-Type", o.ContentType})
	}
	for k, v := range fields {
		conditions = append(conditions, map[string]string{k: v})
	}
	key := name
	if o.Below {
		key += "/" + driver.FormFileName
		conditions = append(conditions, []any{"starts-with", "$key", name + "/"})
	}
	signed, err := b.presigner().PresignPostObject(ctx, &s3.PutObjectInput{
		Bucket: &b.bucket,
		Key:    &key,
	}, func(p *s3.PresignPostOptions) {
		p.Expires, p.Conditions = o.Expiry, conditions
	})
	if err != nil {
		return SignedPost{}, mapError(ctx, opSign, err)
	}
	for k, v := range signed.Values {
		fields[k] = v
	}
	url, err := b.bucketURL(ctx)
	if err != nil {
		return SignedPost{}, mapError(ctx, opSign, err)
	}
	return SignedPost{URL: url, Fields: fields, Expires: expires}, nil
}

// bucketURL returns the URL to which forms are sent. The SDK's PresignPostObject doesn't
// know it if the client has an endpoint resolver of the older kind, as the one that is
// made for a URL with endpoint= has.
func (b *backend) bucketURL(ctx context.Context) (string, error) {
	signed, err := b.presigner().PresignHeadBucket(ctx, &s3.HeadBucketInput{Bucket: &b.bucket})
	if err != nil {
		return "", err
	}
	url, _, _ := strings.Cut(signed.URL, "?")
	return strings.TrimSuffix(url, "/"), nil
}

// postFields returns the fields that the form must send unchanged.
func postFields(o PostOptions) (map[string]string, error) {
	a, err := o.Attributes.Normalize()
	if err != nil {
		return nil, err
	}
	fields := map[string]string{}
	for k, v := range map[string]string{
		"Cache-Control":       a.CacheControl,
		"Content-Disposition": a.ContentDisposition,
		"Content-Encoding":    a.ContentEncoding,
		"Content-Language":    a.ContentLanguage,
	} {
		if v != "" {
			fields[k] = v
		}
	}
	if o.ContentType != "" && !strings.HasSuffix(o.ContentType, "/") {
		fields["Content-Type"] = o.ContentType
	}
	for k, v := range encodeMetadata(a.Metadata, "") {
		fields["x-amz-meta-"+k] = v
	}
	if o.Redirect != "" {
		fields["success_action_redirect"] = o.Redirect
	} else if o.Status != http.StatusNoContent { // the default
		fields["success_action_status"] = strconv.Itoa(o.Status)
	}
	return fields, nil
}
