// Package mount joins several buckets into one by a table of directories, as an
// operating system mounts file systems:
//
//	b, err := mount.New(map[string]files.Bucket{
//		"":       local,    // everything else
//		"photos": pictures, // "photos/a.jpg" is "a.jpg" there
//		"static": embedded, // an embed.FS, for example (package iofs)
//	})
//
// # What it promises
//
//   - A name belongs to the bucket of the longest directory in the table that contains
//     it, and only that bucket is used. If another bucket has files below a mounted
//     directory, they can't be seen or reached.
//   - Every operation on a file is as atomic, durable and linearizable as in the bucket
//     that has the file, and that bucket decides its conditions. The table doesn't
//     change, and the layer keeps no state.
//   - There is one listing, in byte order, over all buckets. A mounted directory
//     appears in the listing of its parent if it contains a file (L6).
//   - A copy inside one bucket is made by that bucket, if it can; a copy between two
//     buckets passes through the program. URLs, forms and parts of uploads are signed by
//     the bucket that has the name.
//   - An upload of package resume continues in the bucket that has the name, if that
//     bucket supports such uploads and all buckets have the same resolution of times
//     (Features.TimeResolution).
//   - A write to a read-only bucket is ErrPermission.
//   - If the table has no bucket for "", a name outside all directories doesn't exist,
//     and a Put of such a name is ErrUnsupported.
//   - If one bucket fails, a listing yields the files of the others and then the error,
//     which names the directory (L9). Check checks all buckets.
//
// # What it can't keep
//
//   - Features claims only what all buckets can do; features that only writes need are
//     claimed if all writable buckets have them. Raw keys are unsupported, and files.As
//     doesn't reach the buckets. So a URL or a form is signed only if every bucket can
//     sign one, and no form is signed for a directory in which another bucket is mounted.
//   - [New] refuses a bucket that isn't Ordered, because the listings could not be
//     merged in bounded memory.
//   - A file whose name is longer than Features.MaxName, the smallest of all buckets, is
//     not listed.
//
// # What it costs
//
// A call takes as many requests as in the bucket that has the name. A listing of
// everything lists each bucket once; after each mounted directory it starts another
// listing of the enclosing bucket, to skip what is hidden there. A shallow listing also
// asks, for each directory in it that is or leads to a mounted one, whether that
// contains a file. The package links only this module and the standard library.
package mount
