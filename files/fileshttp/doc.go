// Package fileshttp serves the files of a bucket over HTTP, and takes uploads where
// that is asked for.
//
//	http.Handle("/static/",
//		http.StripPrefix("/static/", &fileshttp.Handler{Bucket: b, Dir: "public"}))
//
// A GET is one Get of the bucket and a HEAD one Stat: what is needed for the headers
// comes with the body. (The one exception is an If-Range that no longer holds, whose
// answer is the whole file: that is found out with the first request and read with a
// second.) http.FileServerFS over an io/fs view, which makes more requests, has no ETag
// and finds the content type by itself, is not needed for that.
//
// # What a response has
//
// The stored Content-Type, Cache-Control, Content-Disposition, Content-Encoding and
// Content-Language; ETag from the version, Last-Modified (never later than Date,
// section 8.8.2.1), Accept-Ranges, Repr-Digest where the bucket knows a SHA-256, and
// X-Content-Type-Options: nosniff. Fields that were set on the ResponseWriter before
// are kept. The content is sent as it is stored: Content-Encoding is neither decoded
// nor negotiated.
//
// # Conditions and ranges (RFC 9110)
//
// If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since are evaluated in
// the order of section 13.2.2, against the version that is served; a 304 has the fields
// that section 15.4.5 asks for, the stored Cache-Control among them. One range gives
// 206 or 416; of an empty file the answer is 200, as http.ServeContent has it. A
// request for several ranges, of another unit or malformed gets the whole file, which
// section 14.2 allows. An If-Range that is a date counts only where the file has no
// version. HEAD ignores Range.
//
// A body that fails before its first byte is an error as others are. One that fails in
// the middle is cut: the handler panics with http.ErrAbortHandler, so that no client
// takes the part for the whole.
//
// A path that can't be a name is 404, as is one that no file has; a directory without
// its slash is 301 where a Handler has Index or Listing. An upload is answered with 201
// where the file is new and with 204 where it is replaced.
//
// # Errors
//
// Responses to failures say the status and nothing else: no name, path or cause. The
// cause goes to OnError. Status tells the status of an error.
package fileshttp
