// Package cache stores what is read from one bucket, the origin, in another bucket, the
// store, which is usually a local folder. It reads a file from the store if the stored
// version is current.
//
//	folder, err := files.Open(ctx, "file:///var/cache/app?create_dir=1&sync=none")
//	...
//	b, err = cache.New(b, folder, &cache.Options{Origin: "s3://reports", MaxBytes: 20 << 30})
//
// # What it does
//
//   - A Get of a cached file makes one conditional request to the origin
//     (GetOptions.IfNotVersion). If the cached version is current, the content comes
//     from the store. For the time Options.MaxAge after that, further Gets make no
//     request.
//   - A Get of a file that isn't cached reads from the origin and stores the content
//     MiB by MiB ([PartSize]).
//   - Concurrent readers share a download: a thousand readers of one file make one
//     download. If all of them call Get at the same moment, one more request checks for
//     all of them whether the download is current. A download continues while any
//     reader needs it, and doesn't fetch more than the readers read.
//   - A range is fetched in whole MiB, which are stored. So files.OpenAt,
//     files.ReadRanges and the io/fs view use the cache too, and reading a part of a
//     large file never fetches the rest.
//   - The least recently used entries are evicted to make room. Ranges, and files
//     larger than half of Options.MaxBytes, evict nothing: they are stored only while
//     there is room. Options.RangesEvict changes that for ranges.
//   - Before it stores its first entry, the cache lists the store to find the entries
//     of earlier processes. The time of such an entry counts as its last use.
//
// All other calls go to the origin, such as Stat, List and Put, and so does a Get with
// a raw Key, Growing or SkipVerify. If the origin's Features lack Versions or
// ReadConditions, every Get goes to the origin. Copies inside the origin, signed URLs
// and files.As work as without the cache.
//
// # By URL
//
// If a program imports this package, the parameter cache= works in the URL of every
// scheme. Its value is the escaped URL of the store:
//
//	s3://reports?cache=file%3A%2F%2F%2Fvar%2Fcache%2Fapp%3Fcreate_dir%3D1
//
// # What it promises
//
//   - The cache keeps the contract as the origin does. Info and content are of one
//     version, and Info is what the origin returned with that version. If an entry is
//     evicted while it is read, the rest is read from the origin under the same
//     version. If that version is gone, reading fails with ErrChanged, as after a broken
//     connection (G4).
//   - After a Put, Copy, Move, Delete, DeleteMany, Update or an upload of packages
//     resume and signing through the cache has returned, nothing older is returned,
//     even if the write's result is an error such as ErrUncertain.
//   - After a write that doesn't pass through the cache, such as another process's,
//     nothing older is returned either, unless Options.MaxAge allows it. The next
//     section describes the only exception.
//   - Each entry has a checksum and identifies its file. An entry that was cut or
//     edited, or that a killed process left unfinished, is removed and never returned.
//     Content is checked before it is returned, so damage costs a request and not a
//     failed read.
//   - A failure of the store never fails a read: the content comes from the origin
//     instead, and [Stats] counts the failure.
//   - Caches of different origins may share one store: their entries never mix if their
//     Options.Origin or their layers, as files.Layers lists them, differ, or if
//     Options.Origin is empty. So two prefixes of one bucket may have the same Origin.
//   - Several caches and processes may share one store. Each applies its limits to all
//     entries in the store.
//
// # What it can't keep
//
//   - If not every Put makes a new version (Features.VersionPerPut is false, as on S3), a
//     change of attributes alone that doesn't pass through the cache is not noticed until
//     the entry is evicted or the file is written through the cache. The content is
//     always current.
//   - Missing files and files of 0 bytes are not cached.
//   - A store that hangs delays reads. A layer such as package timeout around the store
//     bounds the delay.
//   - A file that is read whole is compared with the origin's digest when it is fetched.
//     Damage that the origin suffers later is not noticed (G6), because the undamaged
//     copy is returned.
//   - The store holds names and contents unencrypted, so protect it like the origin.
//   - A cache finds the entries of other caches only by listings: it lists the store
//     again after it has stored about half of MaxBytes.
//
// # What it costs
//
// A hit makes the request to the origin and reads a file of the store. Entries needn't
// be durable, so the URL above has sync=none: a store that syncs each entry to the disk
// makes first reads slow. A first read returns its last byte only when everything is
// stored, so that the next read is a hit. It waits for a slow store for at most 10
// seconds.
//
// In memory the cache holds an index of the store's entries, 1 MiB for each open body
// of a file larger than that, and a few MiB for each download. The package links only
// this module and the standard library.
package cache
