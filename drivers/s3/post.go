package s3

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// PostOptions say what a signed form allows.
type PostOptions struct {
	// Expiry is how long the form works; 0 is 15 minutes, and 7 days is the most.
	Expiry time.Duration
	// MaxSize is the largest content in bytes that S3 accepts through the form. It is
	// required: at least 1, at most 5 GiB.
	MaxSize int64
	// MinSize is the smallest content in bytes; 0 also accepts empty files.
	MinSize int64
	// ContentType is the content type that the form must send:
	//
	//   - A type, such as "image/png", is in Fields.
	//   - One that ends in "/", such as "image/", allows any that begins with it. The
	//     browser then adds the field Content-Type.
	//   - If it is empty, the form can't send any, and S3 stores its default,
	//     binary/octet-stream.
	ContentType string
	// Attributes other than the content type are stored with the file, as they are
	// signed.
	Attributes files.Attributes
}

// SignedPost is a form that its holder, usually a browser, may send once or more until
// it expires: a POST of multipart/form-data to URL. It has:
//
//   - all Fields, as they are
//   - Content-Type, if PostOptions leave it open, and no other field
//   - last, the content, as the field "file"
//
// S3 responses 204, or with an error in XML. The fields hold the signature.
type SignedPost struct {
	URL     string
	Fields  map[string]string
	Expires time.Time
}

// String hides the signature.
func (p SignedPost) String() string { return "POST " + files.RedactURL(p.URL) }

// SignPost signs a form for uploading a file of that name from a browser. Unlike a
// signed PUT, the form limits the size of the content, and S3 enforces that. b must be
// a bucket of this package. It must not be wrapped, since the form would bypass a
// prefix or a sub-bucket. SignPost makes no request, unless the credentials must be
// fetched.
//
// # CORS
//
// A page sends the form to another origin than its own: the bucket's. HTML's own form
// element may always do that. A script such as
//
//	const form = new FormData();
//	for (const [k, v] of Object.entries(fields)) form.append(k, v);
//	form.append("file", file); // last: S3 ignores what comes after it
//	const answer = await fetch(url, {method: "POST", body: form});
//
// sends it too. But the browser hides the response from the script, and with it whether
// the upload worked, unless the bucket's CORS rules allow the page's origin the method
// POST. The bucket's owner sets these rules once, with aws s3api put-bucket-cors, the
// console or PutBucketCors of the SDK (files.As gives its client):
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
// AllowedOrigins protects nothing, since any program may send what it was given. The
// signature protects. A multipart/form-data POST without headers of its own, and
// without listeners to the upload's progress, needs no preflight. With them the browser
// first sends OPTIONS, which the same rule answers. A signed PUT, GET or DELETE that a
// script sends needs its method in AllowedMethods, and PUT and DELETE are always
// preflighted. See
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html and
// https://developer.mozilla.org/docs/Web/HTTP/Guides/CORS.
//
// Errors: ErrInvalidName; ErrInvalid for sizes and an expiry out of bounds;
// ErrUnsupported for another bucket, for one without credentials, and for a name or an
// attribute with ${filename}, which S3 replaces in forms.
func SignPost(ctx context.Context, b files.Bucket, name string,
	opts *PostOptions) (SignedPost, error) {
	var o PostOptions
	if opts != nil {
		o = *opts
	}
	p, err := signPost(ctx, b, name, o)
	if err != nil {
		return SignedPost{}, files.NewError(files.OpSignPut, name, err)
	}
	return p, nil
}

func signPost(ctx context.Context, bucket files.Bucket, name string,
	o PostOptions) (SignedPost, error) {
	b, ok := driver.Unwrap(bucket).(*backend)
	if !ok || !b.signs {
		return SignedPost{}, files.Errorf(files.ErrUnsupported, "the bucket can't sign forms")
	}
	if err := files.CheckName(name); err != nil {
		return SignedPost{}, err
	}
	if o.MaxSize < 1 || o.MaxSize > maxPart || o.MinSize < 0 || o.MinSize > o.MaxSize {
		return SignedPost{}, files.Errorf(files.ErrInvalid,
			"sizes from %d to %d bytes; want at least 0, and at most 5 GiB", o.MinSize, o.MaxSize)
	}
	if o.Expiry == 0 {
		o.Expiry = driver.DefaultExpiry
	}
	expires, err := b.checkExpiry(ctx, o.Expiry)
	if err != nil {
		return SignedPost{}, err
	}
	fields, err := postFields(o)
	if err != nil {
		return SignedPost{}, err
	}
	for _, v := range append(slices.Collect(maps.Values(fields)), name) {
		if strings.Contains(v, fileNameOfForm) {
			return SignedPost{}, files.Errorf(files.ErrUnsupported,
				"%s in a form stands for the name of the file that the browser sends",
				fileNameOfForm)
		}
	}
	conditions := []any{[]any{"content-length-range", o.MinSize, o.MaxSize}}
	if strings.HasSuffix(o.ContentType, "/") {
		conditions = append(conditions, []any{"starts-with", "$Content-Type", o.ContentType})
	}
	for k, v := range fields {
		conditions = append(conditions, map[string]string{k: v})
	}
	signed, err := b.presigner().PresignPostObject(ctx, &s3.PutObjectInput{
		Bucket: &b.bucket,
		Key:    &name,
	}, func(p *s3.PresignPostOptions) {
		p.Expires, p.Conditions = o.Expiry, conditions
	})
	if err != nil {
		return SignedPost{}, mapError(ctx, opSign, err)
	}
	for k, v := range signed.Values {
		fields[k] = v
	}
	return SignedPost{URL: signed.URL, Fields: fields, Expires: expires}, nil
}

// S3 replaces fileNameOfForm in every field of a form, so it can't be part of what the
// policy binds:
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html
const fileNameOfForm = "${filename}"

// postFields are the fields that the form must send as they are.
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
	return fields, nil
}
