// Package mount joins several buckets into one by a table of directories, as a system
// mounts file systems:
//
//	b, err := mount.New(map[string]files.Bucket{
//		"":       local,    // everything else
//		"photos": pictures, // "photos/a.jpg" is "a.jpg" there
//		"static": embedded, // an embed.FS, for example (package iofs)
//	})
//
// # What it promises
//
//   - The longest directory decides which bucket has a name, and that bucket alone is
//     asked. What another bucket holds below a mounted directory can't be seen or
//     reached.
//   - Each name is exactly as atomic, durable, conditional and linearizable as its
//     bucket makes it. The table doesn't change, and the layer keeps nothing.
//   - There is one listing, in byte order, over all buckets. A mounted directory is
//     listed above where it is mounted, if it has a file (L6).
//   - A copy inside one bucket is made there, if it can; one between two of them goes
//     through the program. URLs are signed by the bucket that has the name.
//   - A bucket for reading only gets no write: such a call is ErrPermission.
//   - A name for which there is no bucket, because the table has no "", doesn't exist,
//     and to put it is ErrUnsupported.
//   - If one bucket fails, a listing has what is in the others, and then the error, which
//     names the directory (L9). Check asks all of them.
//
// # What it can't keep
//
// Features are what all buckets can do; what only writes need, those that can be
// written. [New] refuses a bucket that isn't Ordered, because its names can't be joined
// in order in bounded memory. Foreign keys are off, and As doesn't reach a bucket. A
// file whose name is longer than Features.MaxName, the smallest of all, is not listed.
//
// Closing it closes none of the buckets.
//
// # What it costs
//
// A call costs what it costs in its bucket, and a few hundred nanoseconds. A whole
// listing begins one listing in each bucket, and one more in the bucket above for each
// mounted directory, because it goes on behind it. A shallow listing asks for one name
// of each directory that leads to a mounted one. The package links package files and
// package driver alone.
package mount
