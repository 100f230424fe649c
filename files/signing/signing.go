// Package signing lets browsers upload files straight to the store: by signed forms, and
// for gigabytes by signed parts.
//
//	form, err := signing.SignPost(ctx, b, "photos/42.jpg", &signing.PostOptions{
//		MaxSize:     10 << 20,
//		ContentType: "image/",
//	})
//
// # What it does
//
// [SignPost] makes a form for one name or, with PostOptions.Below, for the names below
// a directory. A form has a largest size, which the service enforces. A signed PUT
// ([files.SignURL]) has none, because most services can't enforce it; if
// Features.SignSize is true, a signed PUT can have an exact size
// (files.SignOptions.Size).
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
// # Uploads in parts
//
// A large file is sent in parts, several at a time, and a part that failed is sent again:
//
//  1. The page tells the server the file's size, and [BeginUpload] returns the [Upload],
//     which the server keeps.
//  2. For each part the server signs a URL ([SignPart]), shortly before the page sends
//     it. If a URL has expired, for example after a pause, the server signs it again.
//  3. After the page was reloaded, [ListParts] and Upload.Missing say which parts are
//     left to send.
//  4. [CompleteUpload] stores the file, or [AbortUpload] removes the parts.
//
// In a page:
//
//	for (const p of missing) { // {number, offset, size} from the server
//		const signed = await (await fetch(`/uploads/${id}/parts/${p.number}`)).json();
//		const body = file.slice(p.offset, p.offset + p.size);
//		await fetch(signed.url, {method: "PUT", headers: signed.headers, body});
//	}
//	await fetch(`/uploads/${id}/complete`, {method: "POST"});
//
// A part is always sent to another origin with a preflight request, so the bucket's
// CORS rules must allow the page's origin the method PUT. The rules need not expose any
// header: the server asks the store for the parts, so the page needs no ETag. For S3:
//
//	{"CORSRules": [{
//		"AllowedOrigins": ["https://app.example"],
//		"AllowedMethods": ["PUT"],
//		"AllowedHeaders": ["*"],
//		"MaxAgeSeconds": 3600
//	}]}
//
// Parts are signed for S3, GCS, local folders with package localhttp (whose Options have
// CORS), and the fake of package filestest.
//
// # Clean up
//
// Many uploads are never completed: people close the page. Call AbortStale of package
// files/resume from time to time, or let a lifecycle rule abort incomplete multipart
// uploads (S3: AbortIncompleteMultipartUpload; GCS: the same, as an action). A rule also
// removes a part that arrives after AbortUpload. A local folder removes what is older than
// a week by itself.
//
// # What it promises
//
//   - The service enforces a form's largest and smallest size together with the name or
//     the directory, the type, every other field and the expiry. An upload that differs
//     from the form is refused, and nothing of it is stored (W1).
//   - The URL of a part is bound to its name, upload, number and expiry. It is also
//     bound to the part's size if Features.SignSize is true, except on GCS. A part that
//     was sent is not yet a file.
//   - CompleteUpload stores nothing unless the store has exactly the declared parts, with
//     the declared sizes. The condition of the upload holds as that of a Put (P8, P9).
//
// # What it can't keep
//
//   - Azure and memory have no such forms or parts: SignPost and BeginUpload are
//     errors.ErrUnsupported. They are also errors.ErrUnsupported through a wrapper that
//     the browser would bypass, such as encryption, compression, a mirror or a largest
//     size. Sub and a mount sign for the name in the bucket below; a mount signs no form
//     for a directory in which another bucket is mounted. An overlay signs forms of its
//     first member, but no parts. A bucket whose writes are limited in bytes a second
//     (package limit) signs forms, which bypass the limit, but no parts.
//   - A form that was sent may be sent again until it expires, and replaces the file
//     each time. A part may be sent again with other bytes of the same size until the
//     upload is completed, and the whole file isn't checked against a digest, because
//     no service binds one to the upload.
//   - GCS has no conditions for uploads in parts, no native options, and no attributes
//     that a header can't carry: BeginUpload is ErrUnsupported.
//   - With PostOptions.Below the browser chooses the name. S3 and GCS accept any key
//     that begins with the directory, including keys that are not legal names (N1),
//     such as "dir/../x", which List ignores (L7). Check the key that the browser or
//     the service reports with files.CheckName. The local handler and the fake accept
//     only legal names.
//
// # What it costs
//
// Signing makes no request, unless credentials must be fetched. BeginUpload is one
// request; CompleteUpload is two, and one more for each 1,000 parts. A local folder has
// the content twice while an upload is completed. The package links only this module and
// the standard library.
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
