// Package cache reads through: what is read of one bucket, the origin, is stored in
// another one, usually a local folder, and served from there as long as it is current.
//
//	folder, err := files.Open(ctx, "file:///var/cache/app?create_dir=1&sync=none")
//	...
//	b, err = cache.New(b, folder, &cache.Options{Origin: "s3://reports", MaxBytes: 20 << 30})
//
// # What it does
//
//   - A Get of a file that is cached asks the origin by one conditional request
//     (GetOptions.IfNotVersion) whether the version is current, and reads the content
//     from the store. With Options.MaxAge it doesn't even ask, for that time.
//   - A Get of a file that isn't cached reads from the origin, and stores what comes,
//     MiB by MiB ([PartSize]). Readers who come meanwhile read along: a thousand readers
//     of one file make one download, and a thousand who come at once make one request
//     more, to ask for all of them whether it is current. A download goes on as long as
//     somebody needs it, whoever began it, and reads no further than somebody reads.
//   - A range is read in whole MiB, and these are stored. So OpenAt, ReadRanges and the
//     io/fs view profit, and a part of a large file never fetches the rest. A range
//     evicts nothing, unless Options.RangesEvict is set: it is stored while there is
//     room. The same holds for a file larger than half of Options.MaxBytes.
//   - The entries used least recently are evicted before others are stored. What an
//     earlier process left in the store is found by a listing before the first entry is
//     stored; their order is then that of their times.
//   - Stat, List, Put and all else go to the origin. So do a Get with a foreign Key,
//     Growing or SkipVerify, and every Get if the origin has no Versions or no
//     ReadConditions. Copies inside the origin, signed URLs and As are the origin's.
//     That a file is missing is never remembered. A file of 0 bytes isn't cached.
//
// # What it promises
//
//   - The cache keeps the contract as the origin does. Info and content are of one
//     version, and Info is what the origin told with that version. A read that needs the
//     origin again, because an entry was evicted meanwhile, asks for that version, and
//     fails with ErrChanged if it is gone, as a read whose connection broke does (G4).
//   - After a Put, Copy, Move, Delete, DeleteMany or Update through the cache has
//     returned, nothing older is served, whatever it returned, ErrUncertain included.
//   - After a write that doesn't pass through it, such as that of another process or
//     by a signed URL, nothing older is served either, unless Options.MaxAge allows it.
//     Two exceptions follow from the origin: if not every Put makes a new version
//     (Features.VersionPerPut; S3), a change of attributes alone, past the cache, is not
//     seen until the entry is evicted or the file is written through it. The content is
//     always current.
//   - Each entry has a checksum and says whose it is. One that is cut, edited, or was
//     left by a process that was killed, is removed and never served. Contents are
//     checked before they are handed out, so damage costs a request, not a failed read.
//   - The store's trouble never fails a read: what can't be read or stored there comes
//     from the origin, and [Stats] counts the failure. A store that hangs delays a read,
//     though: [files.Hooks] around the store, such as a timeout's, bound that.
//   - Two origins over one store never mix, if Options.Origin differs, or is empty, or
//     the layers do, as files.Layers shows them: two prefixes may share an Origin.
//
// What is read back from the store was compared with the origin's digest when it was
// fetched, if it was read whole. So damage at the origin that comes later is not noticed
// (G6), because what is served is undamaged.
//
// The store holds names and contents in the clear: protect it as you protect the
// origin. Several caches and processes may share one store. Each keeps the bounds for
// all of it, but knows of the others' entries only what the listing told: when about half
// of MaxBytes was stored, it lists again.
//
// # What it costs
//
// The package imports the standard library alone. Memory: about 200 bytes for each entry
// in the store, a MiB for each open body of a larger file, and a few MiB for each
// download. A hit reads a file of the store, beside the origin's answer. A store that
// syncs each entry to the disk makes the first read slow: entries needn't be durable, so
// the URL above says sync=none. The last byte of a first read comes when everything is
// stored, so that the next read is a hit; a slow store is waited for 10 seconds at most.
//
// # By URL
//
// A program that imports this package can open a cached bucket by the parameter cache=,
// whose value is the escaped URL of the store:
//
//	s3://reports?cache=file%3A%2F%2F%2Fvar%2Fcache%2Fapp%3Fcreate_dir%3D1
package cache
