// Package signing signs upload forms, with which browsers upload files straight to the
// store.
//
//	form, err := signing.SignPost(ctx, b, "photos/42.jpg", &signing.PostOptions{
//		MaxSize:     10 << 20,
//		ContentType: "image/",
//	})
//
// # What it does
//
// [SignPost] makes a form for one name or, with PostOptions.Below, for the names below a
// directory. A signed PUT ([files.SignURL]) has no largest size, because most services
// enforce none; if Features.SignSize is true, it can have an exact size
// (files.SignOptions.Size). A form has a largest size.
//
// Forms are signed for S3 (policies of version 4, with the session token of temporary
// credentials), GCS (policy documents of version 4), local folders with package
// localhttp, and the fake of package filestest.
//
// # In a page
//
//	const form = new FormData();
//	for (const [k, v] of Object.entries(fields)) form.append(k, v);
//	form.append("file", file); // last: services ignore what comes after it
//	const response = await fetch(url, {method: "POST", body: form});
//
// HTML's own form element may send the form to any origin. A script can read the response
// only if the bucket's CORS rules allow the page's origin the method POST: package s3's
// SignPost has an example.
//
// # What it promises
//
// The service enforces the largest and the smallest size together with the name or the
// directory, the type, every other field and the expiry. An upload that differs from
// the form is refused, and nothing of it is stored (W1).
//
// # What it can't keep
//
//   - Azure and memory have no such forms: SignPost is errors.ErrUnsupported. It is
//     ErrUnsupported too for a wrapper that a form would bypass, such as encryption or a
//     limit of sizes. Sub signs for names in its directory.
//   - A form that was sent may be sent again until it expires, and replaces the file each
//     time.
//   - With PostOptions.Below the browser chooses the name. S3 and GCS accept any key
//     that begins with the directory, including keys that are not legal names (N1),
//     such as "dir/../x", which List ignores (L7). Check the key that the browser or
//     the service reports with files.CheckName. The local handler and the fake take
//     names only.
//
// # What it costs
//
// Signing makes no request, unless credentials must be fetched. The package links only
// this module and the standard library.
package signing

import (
	"context"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// PostOptions has what a signed form allows. MaxSize is required.
type PostOptions = driver.PostOptions

// PostForm is a signed form, for a browser to send.
type PostForm = driver.PostForm

// SignPost signs a form for uploading a file of that name, or, with PostOptions.Below,
// files below the directory of that name. It makes no request, unless credentials must
// be fetched.
//
// Errors:
//
//   - ErrInvalidName;
//   - ErrInvalid for sizes, a status, a redirect, attributes or an expiry out of bounds;
//   - ErrUnsupported if the bucket can't sign forms, or can't with these attributes, and
//     for ${filename} in a name or an attribute, which services replace;
//   - ErrPermission if the bucket is read-only.
func SignPost(ctx context.Context, b files.Bucket, name string,
	opts *PostOptions) (PostForm, error) {
	var o PostOptions
	if opts != nil {
		o = *opts
	}
	return driver.SignPost(ctx, b, name, o)
}
