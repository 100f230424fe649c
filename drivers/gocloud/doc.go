// Package gocloud joins this module to the Go CDK (gocloud.dev/blob), in both
// directions.
//
// [New] makes a files.Bucket of any *blob.Bucket. [ToBlob] is the way back: it makes a
// *blob.Bucket of any files.Bucket, for programs written for the Go CDK.
//
// A program that imports the package can open with files.Open every URL that the Go CDK
// knows, for the Go CDK's drivers that the program imports: under their own scheme, if
// no driver of this module has registered it, and under gocloud+X:// for the Go CDK's
// own driver of any scheme X (gocloud+file://, gocloud+mem://).
//
// # What New keeps of the contract
//
// What can be kept from outside is kept with every driver: names (N1), all or nothing
// when the content, its size, its digest or the context fails (P2, P10), content types
// (P6), metadata (P7), ranges (G3), a body and an Info that belong together (G2, G4),
// deletes of missing files (D1), errors (E). For the rest see Features, which knows the
// Go CDK's five drivers and claims little for any other:
//
//   - No driver can put, or delete, on the condition of a version.
//   - The result of a Put has size and attributes, but no version and no time.
//   - Get is two requests, Stat's and the body's. If the file is less than a minute old
//     and the service's times are whole seconds, a third confirms that both were of one
//     version.
//   - memblob and fileblob make their ETag of time and size, so their buckets have no
//     versions.
//   - fileblob: content and metadata don't change together and are not synced. Put if
//     absent is not atomic. "a" and "a/b" exclude each other. Links are followed. Names
//     ending in ".attrs" and long elements are ErrInvalidName. Listings are read a
//     folder at a time, so they are complete, in order and linear, which fileblob's own
//     are not.
//   - S3 and GCS: names with an element that ends in ".." before another are stored
//     escaped. They are listed unescaped, in the place of the escaped key. GCS
//     decompresses content stored with Content-Encoding gzip: such a file is
//     ErrUnsupported.
//   - Azure has an order of its own for keys that are escaped or outside the basic
//     plane, so its buckets aren't Ordered.
//   - Package mime normalises a content type ("text/html;charset=utf-8" gets a space).
//     A content type that it can't parse is ErrUnsupported, and so is a metadata key
//     with capital letters beyond ASCII, which the Go CDK would fold.
//   - A bucket that ToBlob made keeps all of the contract but the result of a Put:
//     versions, conditions and times pass through both ways.
//   - Entries of S3 have a version if the ETag is a digest of the content. Those of
//     other services have none (L5).
package gocloud
