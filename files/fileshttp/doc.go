// Package fileshttp serves the files of a bucket over HTTP, and takes uploads if that
// is asked for.
//
//	http.Handle("/static/",
//		http.StripPrefix("/static/", &fileshttp.Handler{Bucket: b, Dir: "public"}))
//
// # What do you want to do?
//
//   - Serve a directory of files, with uploads, deletes and listings if you allow them:
//     [Handler].
//   - Serve one file in a handler of your own: [ServeFile].
//   - Answer other requests in the same way: [Status], [ETag] and [CORS].
//
// # Requests to the bucket
//
// A GET is one Get of the bucket and a HEAD is one Stat: what is needed for the headers
// comes with the body. The only exception is an If-Range that no longer holds. Its
// answer is the whole file, which takes a second request. http.FileServerFS over an
// io/fs view also works, but makes more requests, has no ETag and finds the content
// type by itself.
//
// # What a response has
//
//   - the stored Content-Type, Cache-Control, Content-Disposition, Content-Encoding and
//     Content-Language;
//   - ETag from the version, and Last-Modified, which is never later than Date (section
//     8.8.2.1);
//   - Accept-Ranges, and Repr-Digest if the bucket knows a SHA-256;
//   - X-Content-Type-Options: nosniff.
//
// Fields that were set on the ResponseWriter before are kept. The content is sent as it
// is stored: Content-Encoding is neither decoded nor negotiated.
//
// # Conditions and ranges (RFC 9110)
//
// If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since are evaluated in
// the order of section 13.2.2, against the version that is served. A 304 has the fields
// that section 15.4.5 asks for, including the stored Cache-Control.
//
// One range gives 206 or 416; for an empty file the answer is 200, as in
// http.ServeContent. A request for several ranges, of another unit or malformed gets
// the whole file, which section 14.2 allows. An If-Range that is a date counts only if
// the file has no version. HEAD ignores Range.
//
// A body that fails before its first byte is an error like any other. A body that fails
// in the middle is cut: the handler panics with http.ErrAbortHandler, so that no client
// takes the part for the whole.
//
// A path that can't be a name is 404, as is one without a file. A directory without its
// slash is 301 if a Handler has Index or Listing. An upload is answered with 201 if the
// file is new and with 204 if it is replaced.
//
// # Errors
//
// Responses to failures have the status and nothing else: no name, path or cause.
// OnError gets the cause. [Status] returns the status of an error.
package fileshttp
