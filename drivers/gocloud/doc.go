// Package gocloud joins this module to Go CDK (gocloud.dev/blob), in both directions.
//
// [New] makes a files.Bucket of any *blob.Bucket, and importing the package lets
// files.Open open every URL that Go CDK knows: of the drivers that the program imports,
// those whose scheme nobody here has registered, and, as gocloud+X://, Go CDK's own
// driver of any scheme X (gocloud+file://, gocloud+mem://). [ToBlob] is the way back: a
// *blob.Bucket over any files.Bucket, for programs written for Go CDK.
//
// # What New keeps of the contract
//
// What can be kept from outside is kept with every driver: names (N1), all or nothing
// when the content, its size, its digest or the context fails (P2, P10), content types
// (P6), metadata (P7), ranges (G3), a body and an Info that belong together (G2, G4),
// deletes of what isn't there (D1), errors (E). The rest is told by Features, which
// knows Go CDK's five drivers and claims little of any other:
//
//   - No driver puts, or deletes, if of a version. The result of a Put has size and
//     attributes, no version and no time.
//   - Get is two requests, Stat's and the body's, and for a file less than a minute old
//     a third, which confirms that both were of one version where the service's times
//     are whole seconds.
//   - memblob and fileblob make their ETag of time and size, so their buckets have no
//     versions.
//   - fileblob: content and metadata don't change together and are not synced; put if
//     absent is not atomic; "a" and "a/b" exclude each other; links are followed; names
//     ending in ".attrs" and long elements are ErrInvalidName. Listings are read a
//     folder at a time, and so are complete, in order and linear, which its own are
//     not.
//   - S3 and GCS: names with an element that ends in ".." before another are stored
//     escaped, and listed as if they were not, in the place where the escaped key
//     stands. GCS decompresses content stored with Content-Encoding gzip: such a file
//     is ErrUnsupported.
//   - Azure lists in an order of its own where keys are escaped or outside the basic
//     plane, so its buckets aren't Ordered.
//   - A content type is normalised by package mime ("text/html;charset=utf-8" gets a
//     space), and one that it can't parse is ErrUnsupported, as is a metadata key with
//     capital letters beyond ASCII, which Go CDK would fold.
//   - A bucket that ToBlob made keeps all of the contract but the result of a Put: what
//     goes there and back has its versions, conditions and times.
//   - Entries of S3 carry a version where the ETag is a digest of the content; those of
//     other services carry none (L5).
package gocloud
