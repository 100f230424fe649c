// Package signing signs upload forms, for browsers that upload without the program. It
// is what goes beyond [files.SignURL].
//
//	form, err := signing.SignPost(ctx, b, "photos/42.jpg", &signing.PostOptions{
//		MaxSize:     10 << 20,
//		ContentType: "image/",
//	})
//
// A signed PUT has no largest size: no service binds one. A form has, and the service
// enforces it together with the name, the type, every other field and the expiry.
//
// Forms are signed for S3 (policies of version 4, with the session token of temporary
// credentials), GCS (policy documents of version 4), local folders with package
// localhttp, and the fake of package filestest. Azure has none, nor has memory: they are
// errors.ErrUnsupported. So is a bucket behind a wrapper that a form would get round,
// such as encryption or a limit of sizes; Sub signs for names in its directory.
//
// # In a page
//
//	const form = new FormData();
//	for (const [k, v] of Object.entries(fields)) form.append(k, v);
//	form.append("file", file); // last: services ignore what comes after it
//	const answer = await fetch(url, {method: "POST", body: form});
//
// HTML's own form element may send it to any origin. A script can read the answer only
// if the bucket's CORS rules allow the page's origin the method POST: package s3's
// SignPost has an example. A form that was sent may be sent again until it expires, and
// replaces the file each time.
//
// # Below a directory
//
// With PostOptions.Below the holder chooses the name. S3 and GCS take any key that begins
// with the directory, also one that is no name (N1), such as "dir/../x", which List then
// ignores (L7): check what comes back with [files.CheckName]. The local handler and the
// fake take names only.
//
// The package links the standard library and package files/driver alone.
package signing

import (
	"context"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// PostOptions say what a signed form allows. MaxSize is required.
type PostOptions = driver.PostOptions

// PostForm is a signed form, for a browser to send.
type PostForm = driver.PostForm

// SignPost signs a form for uploading a file of that name, or, with PostOptions.Below,
// files below the directory of that name. It makes no request, unless credentials must
// be fetched.
//
// Errors: ErrInvalidName; ErrInvalid for sizes, a status, a redirect, attributes or an
// expiry out of bounds; ErrUnsupported if the bucket can't sign forms, or not with these
// attributes, and for ${filename} in a name or an attribute, which services replace;
// ErrPermission if the bucket is read-only.
func SignPost(ctx context.Context, b files.Bucket, name string,
	opts *PostOptions) (PostForm, error) {
	var o PostOptions
	if opts != nil {
		o = *opts
	}
	return driver.SignPost(ctx, b, name, o)
}
