// Package gocloud connects this module and the Go CDK (gocloud.dev/blob), in both
// directions.
//
// [New] makes a files.Bucket of any *blob.Bucket. [ToBlob] is the reverse: it makes a
// *blob.Bucket of any files.Bucket, for programs written for the Go CDK.
//
// If a program imports this package, files.Open opens the URLs of all Go CDK drivers
// that the program imports. gocloud+X:// is the Go CDK's driver of the scheme X, as in
// gocloud+file:// and gocloud+mem://. The scheme X alone works too if no driver of this
// module has registered it.
//
// # What New keeps of the contract
//
// With every driver New keeps the rules that don't depend on the driver: those of names
// (N1), of a Put whose content, size, digest or context fails (P2, P10), of content
// types (P6), metadata (P7), ranges (G3), a body and an Info of the same version (G2,
// G4), deletes of missing files (D1) and errors (E). Features says which other rules it
// keeps. It is exact for the Go CDK's five drivers, and claims little for any other
// driver:
//
//   - No driver supports a Put or Delete with IfVersion.
//   - Put returns an Info with size and attributes, but without version and time.
//   - Get is two requests, for the attributes and for the body. If the file is less
//     than a minute old and the service's times are whole seconds, a third request
//     confirms that both were of one version.
//   - memblob and fileblob make their ETag from time and size, so their buckets have no
//     versions.
//   - fileblob: content and metadata don't change together and are not synced. Put if
//     absent is not atomic. "a" and "a/b" can't both exist. Get and Stat follow links,
//     which aren't listed. Names ending in ".attrs" and long elements are
//     ErrInvalidName. Listings are read a folder at a time, so they are complete,
//     ordered and linear, unlike fileblob's own.
//   - S3 and GCS: names with an element that ends in ".." before another are stored
//     escaped. They are listed unescaped, at the position of the escaped key. GCS
//     decompresses content stored with Content-Encoding gzip: such a file is
//     ErrUnsupported.
//   - Azure lists keys that are escaped, or have characters outside the Basic
//     Multilingual Plane, in an order of its own, so its buckets aren't Ordered.
//   - Package mime normalizes a content type ("text/html;charset=utf-8" gets a space).
//     A content type that it can't parse is ErrUnsupported, and so is a metadata key
//     with capital letters beyond ASCII, which the Go CDK would fold.
//   - A bucket that ToBlob made keeps the whole contract except for the result of a
//     Put: New finds the files.Bucket below, so versions, conditions and times pass in
//     both directions.
//   - Entries of S3 have a version if the ETag is a digest of the content. Entries of
//     other services have none (L5).
package gocloud
