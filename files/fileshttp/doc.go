// Package fileshttp serves the files of a bucket over HTTP, and accepts uploads if you
// allow them.
//
//	http.Handle("/static/",
//		http.StripPrefix("/static/", &fileshttp.Handler{Bucket: b, Dir: "public"}))
//
// # What it does
//
//   - [Handler] serves a directory of files, with uploads, deletes and listings if you
//     allow them.
//   - [ServeFile] serves one file in a handler of your own.
//   - [Forms] signs and accepts upload forms for buckets whose service doesn't.
//   - [Status], [ETag] and [CORS] help a handler of your own to respond in the same way.
//
// # What a response has
//
//   - the stored Content-Type, Cache-Control, Content-Disposition, Content-Encoding and
//     Content-Language;
//   - ETag, which is made of the version, and Last-Modified, which is never later than
//     Date (RFC 9110, section 8.8.2.1);
//   - Accept-Ranges, and Repr-Digest if the file has a SHA-256;
//   - X-Content-Type-Options: nosniff.
//
// Header fields that were set on the ResponseWriter before are kept. The content is
// sent as it is stored: the handlers neither decode nor negotiate a Content-Encoding.
//
// # Conditions and ranges (RFC 9110)
//
// If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since are evaluated in
// the order of section 13.2.2, against the version that is served. A 304 has the fields
// that section 15.4.5 requires, including the stored Cache-Control.
//
// The response to a request for one range is 206 or 416, or 200 if the file is empty,
// as in http.ServeContent. If a request has several ranges, a malformed range or a unit
// other than bytes, the response is the whole file, which section 14.2 allows. A date
// in If-Range counts only if the file has no version. HEAD ignores Range.
//
// # Errors
//
// The response to a failed request shows only the status, and no name, path or cause.
// OnError is called with the error. [Status] returns the status for an error.
//
// A path is 404 if there is no file or if it isn't a legal name. The path of a
// directory without its slash is 301 if the Handler has Index or Listing. The response
// to an upload is 201 if the file is new, and 204 if it was replaced.
//
// # What it promises
//
//   - The header and the content of a response are of one version of the file.
//   - No path leads outside of Handler.Dir.
//   - A body that fails before its first byte is an error like any other. If a body
//     fails in the middle, the handler panics with http.ErrAbortHandler, so that the
//     client gets an error and doesn't mistake the part for the whole.
//   - An upload that is interrupted, is too large or doesn't match its digest stores
//     nothing.
//
// # What it can't keep
//
// A Handler authenticates nobody, and serves uploads with the content type that the
// client gave.
//
// # What it costs
//
// A GET of a file is one Get of the bucket and a HEAD is one Stat: the Info for the
// headers comes with the body. If the version in If-Range is no longer current, the
// response is the whole file, which takes a second Get. A PUT is one Put, and without a
// condition also a Stat. http.FileServerFS over an io/fs view also works, but makes
// more requests, has no ETag and finds the content type by itself. The package links
// only this module and the standard library, with net/http.
package fileshttp
