// Package files is one interface to named files wherever they are stored, [Bucket], and
// everything that is written against it. A program that takes a Bucket runs unchanged
// on memory, a local folder or an object store, because every driver keeps the same
// contract, which stands below, rule by rule.
//
//	import _ "cloudfiles.dev/drivers/local"
//
//	b, err := files.Open(ctx, "file:///var/lib/app")
//	...
//	_, err = files.PutString(ctx, b, "notes/day14.txt", "Rain again.", nil)
//	text, err := files.ReadString(ctx, b, "notes/day14.txt", nil)
//	for e, err := range b.List(ctx, "notes", nil) { ... }
//	err = b.Delete(ctx, "notes/day14.txt", nil)
//
// The interface has seven methods. Conveniences are functions that take a Bucket:
//
//   - content: [PutString], [PutBytes], [PutJSON], [PutFile], [PutFS], [NewWriter];
//     [ReadAll], [ReadString], [ReadJSON], [Download], [DownloadFile]; [FS] for the
//     io/fs view;
//   - questions: [Exists], [Usage], [ListPage], [Check], [ContentType];
//   - changes: [Update], [UpdateJSON] and [UpdateAttributes], which lose no update;
//     [Copy], [Move], [DeleteMany], [DeleteDir], [DeleteAll]; [SignURL];
//   - other buckets made of one: [Sub], [ReadOnly], [Wrap].
//
// The package imports the standard library only, and not net/http: package fileshttp
// serves files, and drivers bring what they need.
//
// # Options
//
// The last parameter of Put, Get, Stat, List and Delete, and of the functions that have
// options, is a pointer to a struct of options; Features and Close take none. nil is
// the same as the zero value, which is the default: store unconditionally, read
// everything, list everything below the directory. Options are neither kept nor
// changed. What grows after version 1 are these structs; the interface does not.
//
// No zero value means "everything" or "unconditional" by accident. A condition is a
// [Condition], made by [IfAbsent] or [IfVersion]: IfVersion of an empty version never
// writes. A part of a file is a [Range], made by [Bytes], [From] or [Last]: a length
// that was computed as 0 is no bytes. A size is a pointer. And [Sub] and [DeleteDir]
// refuse the empty directory.
//
// Options that make no sense are ErrInvalid before anything is done, and options that a
// bucket can't honour are errors.ErrUnsupported, as its [Features] say beforehand: they
// are never passed over.
//
// # Errors
//
// Every failure is an [*Error]. Branch with errors.Is on the sentinels, which mean the
// same on every driver, and log the error: its text is made to be shown.
//
//	ErrNotExist      no such file (also fs.ErrNotExist)         look elsewhere
//	ErrExist         IfAbsent, and there is one (fs.ErrExist)   somebody was first
//	ErrPrecondition  not of the version asked for               read again
//	ErrNotModified   the caller's copy is current               use it
//	ErrPermission    refused (fs.ErrPermission)                 ask the administrator
//	ErrInvalidName   not a legal name, N1 (fs.ErrInvalid)       mend the program
//	ErrInvalid       impossible options, metadata or URL        mend the program
//	ErrCorrupt       content and its size or digest differ      do not use it
//	ErrChanged       replaced while it was read                 begin again
//	ErrTooLarge      more than the bucket or a limit takes      a full disk and a quota too
//	ErrUncertain     the answer to a write was lost             read what is there
//	ErrNoBucket      the bucket or its folder is missing        not the same as an empty one
//	ErrClosed        used after Close (fs.ErrClosed)            mend the program
//	ErrUnsupported   errors.ErrUnsupported                      see Features
//	ErrUnavailable   the one that trying again may mend
//
// An error that is none of these, such as the failure of a reader that was given to
// Put, has no sentinel. [KindOf] finds the sentinel, [KindName] its name for logs and
// metrics. Error, Entry and Info are slog.LogValuer.
//
// # The contract
//
// Every bucket keeps these rules. What a service provably cannot keep is listed in
// section Z, told by [Features] and answered with errors.ErrUnsupported; nothing is
// silently weaker. Package conformance has a case for every rule.
//
// N. Names
//
//   - N1: A name is 1 to 1024 bytes of valid UTF-8: elements separated by "/", none of
//     them empty, "." or "..", without the control characters U+0000 to U+001F and
//     U+007F. Any other name is ErrInvalidName, which says what is wrong, before any
//     I/O and from every method. Buckets that hold only shorter names say so in
//     Features.MaxName. [CheckName] is the rule; [CheckElement] is for one element,
//     [SafeName] makes a name of an untrusted one.
//   - N2: Different names are different files: by case, by Unicode normal form, by
//     trailing dots and spaces; device names, suffixes that a driver uses itself and
//     text that looks like a driver's escapes are names like any other. This holds on
//     every file system, also one that takes several spellings for one name, refuses
//     characters, or changes names: exFAT, FAT, NTFS, CIFS, folders of ext4 with
//     casefold, shorter limits than 255 bytes. What other programs put on such a disk
//     is there under its own spelling, and under no other.
//   - N3: "a" and "a/b" may both exist, and neither is touched by what happens to the
//     other.
//   - N4: Every legal name comes back byte for byte, elements longer than a file
//     system's 255 bytes included. Where a store can hold the name as it is, it does. A
//     file system that folds letters holds the first of several spellings as it is.
//   - N5: No name reaches outside the bucket. In a local folder a symbolic link,
//     device, socket or pipe is no file: not listed, ErrNotExist, replaced by Put,
//     never opened: who waits at a pipe isn't woken. The bucket's own folder may be a
//     link.
//
// V. Versions and times
//
//   - V1: A [Version] is opaque; different content has different versions. Whether each
//     Put makes a new one is Features.VersionPerPut. Where it doesn't (S3), the same
//     bytes have the same version again, so what is built on compare-and-swap writes
//     bytes that differ each time. In a local folder this holds for what other programs
//     write too, whatever time they give a file; such a file's version may also change
//     while its content doesn't.
//   - V2: A file's time is when it was put, whatever time the file had that it
//     replaces. Times are UTC, cut to Features.TimeResolution, which is the coarsest
//     that any of the driver's answers has. It stays the same for the life of a bucket;
//     what a driver can't know when it opens, it claims at its coarsest.
//
// P. Put
//
//   - P1: All or nothing: every reader, anywhere and at any moment, sees the old file
//     or the new one, whole, with content and metadata of the same Put. An unfinished
//     upload is visible under no name.
//   - P2: Where the content's reader fails, the context ends, size or digest differ,
//     the disk is full or the process dies before the commit, what was there stays, and
//     the error is the cause: errors.Is finds the reader's own. Where the answer to the
//     commit is lost, the file is the old or the new one, and the error is
//     ErrUncertain; so it is on a file system whose server, or FUSE program, goes away
//     meanwhile. After the commit Put returns nil, even if the context has ended. A
//     proxy's word in the service's place leaves it as open as a lost answer does; a
//     repeat that meets what an earlier try stored, whatever answered that, is
//     recognised. An upload in parts that the service gives up before the commit is
//     begun again or ErrUnavailable; it tells of no missing file or bucket.
//   - P3: Put returns the Info of what it wrote without another request: size, version,
//     type, digest where known. The time is there if the answer told it, else zero; it
//     is never guessed.
//   - P4: When Put, Delete or Copy return nil the change is durable; on a local disk
//     data, directory and new parents are synced, unless the URL says otherwise.
//   - P5: A Put replaces content, content type and all metadata; nothing of the old
//     file is left. A local file keeps its mode, group and access list, and a new one
//     has what its folder gives.
//   - P6: The content type is what the caller gives; else what a fixed table, the same
//     on every machine, has for the name's extension; else what the first 512 bytes
//     tell by the WHATWG rules. It is the same on every driver, and [ContentType] tells
//     it beforehand.
//   - P7: Metadata keys are non-empty UTF-8, ASCII letters folded to lower case; every
//     UTF-8 value comes back. Two keys that fold to one, invalid UTF-8 and more than
//     1,900 bytes in all, counted as URL-escaped ([MaxMetadata]), are ErrInvalid;
//     nothing is ever cut. The four headers of [Attributes] come back. Get decodes
//     nothing. A header, content type included, is printable ASCII without a space at
//     either end (RFC 8187 writes other text in it), of at most 1,024 bytes
//     ([MaxHeader]), a Content-Language of 100 ([MaxContentLanguage]), and 1,500 for
//     all five values together ([MaxHeaders]): anything else is ErrInvalid, from Put,
//     Copy and SignURL, before anything is done. All limits can be used up at once.
//     Attributes that others stored beyond them come back whole, or the file is
//     ErrCorrupt.
//   - P8: IfAbsent: of any number of concurrent Puts one succeeds, the others are
//     ErrExist, and what the one wrote stays. It is decided at the commit, across
//     processes.
//   - P9: IfVersion replaces that version only, else ErrPrecondition, also where there
//     is no file; nothing is then changed. Of concurrent updates of one version one
//     succeeds. IfVersion("") never writes. An empty version is no version: what needs
//     one of a file and finds none (IfVersion of what was read, Update,
//     UpdateAttributes, Move, Copy of a version or onto itself) is ErrUnsupported
//     before anything is written, and Features follow once such a file was seen.
//   - P10: A size or digest that was given (CRC-32C, MD5, SHA-256, CRC-32, CRC-64/NVME)
//     and does not match the content is ErrCorrupt, and nothing is written. Only
//     CRC-32C is ever computed unasked.
//   - P11: Content streams in bounded memory, of known or unknown length, up to the
//     backend's limit. A stream of unknown length that outgrows Features.MaxUnknownSize
//     is ErrTooLarge; a declared size lifts that limit to MaxSize. A size that is
//     declared, or a length that content tells, makes room for nothing: one that is
//     wrong is an error, or not believed.
//   - P12: Put reads from the content's current position, does not close it and does
//     not read it after returning. The context is looked at between Reads; a Read that
//     blocks is its owner's to unblock.
//
// G. Get
//
//   - G1: A missing file is ErrNotExist, from Get and not from the first Read.
//   - G2: The body comes with its whole Info, from the same request. A length that no
//     file can have is ErrUnavailable, and memory grows with what arrives: a number
//     that a service tells allocates nothing.
//   - G3: A range that begins at or past the end is empty, with a nil error and the
//     whole Info; one that reaches past the end is cut; length 0 is 0 bytes.
//     [Reader.Offset] and [Reader.Len] tell what it came to.
//   - G4: A body is one version from the first byte to the last, whatever is put or
//     deleted meanwhile; where a backend can't hold that, reading fails with
//     ErrChanged. With GetOptions.Growing the body is what the file held when it was
//     opened, though another program appends to it in place: Info, size and range are
//     those of the opening, appending is no error, and no digest of other content is
//     checked.
//   - G5: A connection that breaks is resumed where it stopped, of the same version.
//     The caller sees all bytes or an error, never fewer and nil. Attempts count anew
//     after bytes have come. Each answer's own version, range and size are compared
//     with what was asked for. Without a version nothing is resumed.
//   - G6: A whole read is checked against the stored digest, if there is one: damage is
//     ErrCorrupt, from the Read that would give the last bytes, which gives none. The
//     digest is a CRC-32C, CRC-32 or CRC-64/NVME of the whole content, or one that was
//     given to Put; ranges, composite checksums and ETags are not checked, nor is
//     anything with GetOptions.SkipVerify.
//   - G7: [Reader] streams: Read, WriteTo, ReadAll, ReadN, Next and Chunks (1 KiB by
//     default; a chunk is valid until the next). A read timeout ends the wait for a
//     stalled stream with os.ErrDeadlineExceeded. Close twice is fine, and Close ends a
//     Read in progress; a Read after Close is ErrClosed. What wasn't read is not
//     downloaded.
//   - G8: GetOptions.IfNotVersion gives ErrNotModified and no body where the caller's
//     copy is current.
//   - G9: Get's context governs the body until Close: when it ends, reads fail with its
//     error.
//
// S. Stat
//
//   - S1: Stat gives the Info that Get gives, in one request. A missing file is
//     ErrNotExist, and a directory is no file. Of a file on a local disk that may be
//     seen and not read, Stat tells size, time, version and the type that its name has,
//     as List does.
//
// L. List
//
//   - L1: List(dir) yields every file below dir, "" being the whole bucket, once, in
//     ascending byte order of full names. List("notes") has notes/day14.txt, and not
//     notes, notes.txt or notes2/x. A directory may be given with one "/" at its end.
//   - L2: A shallow listing yields the files directly in dir and each sub-directory
//     once, in byte order; directories are marked and end in "/".
//   - L3: Prefix (relative to dir, maybe part of an element), StartAfter, Limit and
//     PageSize work with both kinds. StartAfter is any string, exclusive, compared with
//     names as they are yielded; in a shallow listing "d/" goes on behind all of d. The
//     page size never changes the result. A shallow listing's prefix has no "/".
//   - L4: What was put before the call is there, what was deleted is not. A name that
//     exists all the while comes exactly once, whatever else changes; change is never
//     an error. That holds where replacing a file moves it in its folder, and where
//     pages are read beside changes.
//   - L5: An entry's size, time and version are Stat's, unless NamesOnly let the bucket
//     leave them out.
//   - L6: A directory that does not exist is empty. It disappears with its last file;
//     an empty folder on disk is none.
//   - L7: Nothing of a driver's own is listed. Objects that others stored under keys
//     outside N1 are passed over, unless ListOptions.Foreign asks for them: they come
//     with a raw Key, which the options of Get, Stat and Delete take, with the name "".
//     No key of others, in whatever bytes a service tells it, fails a listing, or comes
//     as another name. What a file system puts into folders for itself, such as the
//     placeholder of a file that was removed while open, is not listed.
//   - L8: Memory is bounded, on a local disk by one folder; cost is linear, so a
//     million names cost ten times a hundred thousand, and breaking off costs what was
//     read. A page costs its entries, however many names come before and behind it:
//     20,000 pages of 10 cost at most three times one listing, also where each is a
//     request of its own (package fileshttp), several callers are at several places, or
//     the bucket is opened for each by one process. A local disk's listing has at most
//     32 descriptors at any depth. What a service lists outside of what was asked for,
//     in another order than it claims, twice, or of a size that no file has, and pages
//     that repeat or don't end, are ErrUnavailable, which says so, after a bounded
//     number of requests.
//   - L9: Each range over the result is a new listing. An error is the last that it
//     yields. A folder or a file that can't be read does not spoil the rest: its error,
//     which names the first of them, comes behind all that can be listed, or behind the
//     last entry that Limit allows. No lock is held while the loop's body runs, which
//     may call every method.
//
// D. Delete
//
//   - D1: Deleting what isn't there is nil. Deleting "a" never touches "a/b". Deleting
//     needs no room, so a full disk can be freed.
//   - D2: IfVersion deletes that version only, else ErrPrecondition, also where there
//     is no file (Features.DeleteIfVersion).
//   - D3: Many names, or a whole directory, take as few requests as the backend allows,
//     and the result says which failed. What an answer doesn't match is not taken for
//     done: where there are not as many answers as names, every name has failed.
//
// C. Copy
//
//   - C1: Content, type, headers and metadata come along; inside one store the content
//     does not pass through the program, where the backend can, in one request for
//     sizes that it copies in one (CopyOptions.FullInfo may cost one more). A missing
//     source is ErrNotExist. A copy onto itself changes nothing, or all attributes if
//     new ones are given; [UpdateAttributes] changes some, of one version, and keeps
//     the rest. Conditions hold for the target, and the copy is all or nothing as P1.
//     Move is Copy, then Delete of the version that was copied: after a crash both may
//     exist, never none. Where the source can't delete a certain version, or tells
//     none, Move is ErrUnsupported before anything is written, unless
//     CopyOptions.MayLoseConcurrentPut allows that a file put meanwhile is lost.
//
// E. Errors
//
//   - E1: Every failure is an *Error with the operation, the caller's name and the
//     cause. Its text has operation, name, sentinel and a cleaned cause; never a
//     physical path, a prefix, a signed URL or a credential: the words of every cause,
//     of whatever type and whoever it comes from, are searched for what looks like one,
//     which is printed as "…". Control characters, bidirectional controls, invisible
//     characters and invalid UTF-8, in names as well, are escaped ([Printable]);
//     MarshalJSON gives the name back. errors.As reaches the backend's own error;
//     errors.Is finds sentinels, context.Canceled and context.DeadlineExceeded. Errors
//     of Open may name folder, host and bucket, as U1 has it. Of ErrNotExist, ErrExist,
//     ErrPrecondition, ErrNotModified, ErrCorrupt, ErrChanged, ErrNoBucket and
//     ErrClosed the text is the same on every backend: what a backend answered stands
//     in Error.Detail, for logs (LogValue, JSON, %+v).
//   - E2: The same situation is the same sentinel on every driver, and every error of a
//     disk or a service has one: a full disk is ErrTooLarge, a read-only one
//     ErrPermission, one that is gone ErrNoBucket, a broken one ErrUnavailable. Where
//     several apply: closed, then name, then options, then the context. A nil context,
//     bucket, reader, writer or function is ErrInvalid, as is reading a nil [Reader],
//     whose Close is nil: nothing panics. A nil reader of a type of the caller's own is
//     read, and is ErrInvalid if its Read panics. An answer that isn't the service's
//     own, such as that of a login page, a web server or a proxy, is never a success,
//     and tells of no file: it is ErrUnavailable, or ErrPermission where its status is
//     401 or 403, and the words say so. A status is not its reason: ErrExist,
//     ErrPrecondition and ErrNotModified answer a condition that was sent. What a
//     service answers only because another call ran beside it is repeated, and tells of
//     no reason. Of ErrExist, ErrPrecondition and ErrUncertain an error is one. Without
//     credentials a call is ErrPermission at its first attempt, and its words say what
//     to set. A certificate that isn't trusted, and HTTP where HTTPS is spoken or the
//     other way round, are ErrInvalid at the first attempt, and the words name the
//     setting.
//   - E3: A bucket that is missing, or a folder that has vanished, is ErrNoBucket and
//     not ErrNotExist: an unmounted disk does not look like an empty one. L6 and D1
//     don't cover it. Where Features.StatNoBucket is false, Stat and [Exists] alone
//     answer as for a missing file. A folder doesn't vanish by deletes through another
//     bucket while it is open as a root.
//
// X. Concurrency, cancellation, closing
//
//   - X1: A bucket is safe for concurrent use, and every name is linearizable, by
//     whichever root it is reached: one bucket's folder may lie in another's. What a
//     driver keeps for itself beside the files may be removed or cut by others at any
//     moment, also by who opened it before: exclusion holds, the upload that is hit
//     goes on or fails before it changes anything, and the same bucket works.
//   - X2: The end of the context ends a call promptly, within one chunk, and leaves no
//     goroutine, descriptor, temporary file or unfinished upload. A panic or
//     runtime.Goexit in the caller's code, such as the body of a loop, a content's Read
//     or a hook, ends it as well: a panic reaches who called, in the calling goroutine,
//     whichever met it, Goexit is never told as success, no lock stays held, and the
//     bucket works on. Without an end of the context a call that can't go on, because
//     something is held or keeps changing, gives up within about a minute, with
//     ErrUnavailable and what it met. A call returns within 100 ms of the context's
//     end; what ends an upload at a service may go on for some seconds. A server that
//     says nothing is waited for as long as the parameters timeout= and read_timeout=
//     say, a minute each by default, and then the error is ErrUnavailable and names the
//     one; a slow body that moves is never cut.
//   - X3: Close is idempotent and waits for nothing: calls in flight finish and open
//     bodies stay readable; afterwards every method is ErrClosed. What Open made, the
//     bucket owns; a wrapper, a sub-bucket and a bucket made from the caller's client
//     close nothing of the caller's. mem://name lives as long as the process. Buckets
//     of the same settings share one transport, with at least 64 idle connections a
//     host. A bucket of a local folder that nobody closed gives back its descriptors,
//     its locks and what it keeps in the folder when the garbage collector finds it, as
//     os.File does. The library logs nothing.
//
// W. Signed URLs
//
//   - W1: Method, name, expiry and content type are bound. An expiry beyond the
//     service's or the credentials' life is an error. Signing makes no request, and the
//     answer has the headers that must be sent.
//
// U. URLs
//
//   - U1: An unknown scheme's error names it, those that are registered and the import
//     that is missing; an empty URL's says that the variable is probably unset; a bare
//     path's shows how it is written as a URL; an unknown or malformed parameter is
//     named. Nothing shows a secret: of a URL only what is known to be harmless is
//     shown, a scheme, bucket, host and folder that don't look like a key, parameters'
//     names, and values that the driver registered as harmless ([Param]); user
//     information, fragments, all other values and everything behind the scheme of a
//     URL that is malformed or of an unknown scheme are "…".
//   - U2: Go CDK's bucket URLs keep working, with prefix=, a raw string, and key=, one
//     file. Go CDK's own file and memory drivers open as gocloud+file:// and
//     gocloud+mem://.
//   - U3: Opening makes no request; [Check] does. A local folder that is missing is an
//     error, unless create_dir is given. Check finds what would keep List from its
//     first entry.
//
// Z. What services cannot keep
//
//   - Stores that speak S3's protocol: a condition is claimed only where the store is
//     known, or was proved, to keep it; what it doesn't keep is never sent. Some have
//     no place for certain names, or for "a" beside "a/b": a Put of those is
//     ErrUnsupported, and so is every call for a name that the store is known to
//     refuse.
//   - Object stores: a key that ends in "/", which other programs write to mark an
//     empty folder, is no file. A shallow listing shows such a folder as a directory in
//     which nothing is: to leave it out would take a request for each directory.
//   - S3: without permission to list, a missing key is ErrPermission, for S3 answers
//     403. Directory buckets are not ordered. HEAD has no body, so Stat can't tell a
//     missing bucket from a missing file.
//   - Go CDK's drivers: a page that begins behind a name lists what comes before it
//     (L8), for Go CDK has nothing to begin a listing with.
//   - GCS: no names under .well-known/acme-challenge/.
//   - Azure: at most 254 elements, no "\", no trailing dot; another order outside the
//     Basic Multilingual Plane. Hierarchical namespaces, which the first answers tell,
//     don't keep N3, list in an order of their own, and keep and list empty directories
//     (L6). In other accounts an empty blob with hdi_isfolder, which marks a folder, is
//     no file to Get and Stat, but is listed as an empty one (L7): a listing tells no
//     metadata, unless a parameter has it ask for all.
//   - Local: what a file system cannot hold where escaping can't help, such as paths
//     that are too long for the one below another (encfs). Times are as coarse as the
//     disk's. Linux is proven; macOS and Windows are compiled, not run. In the root of
//     a file system that has a folder lost+found for itself, names below lost+found are
//     ErrPermission.
//   - Memory: nothing outlives the process (P4). As the fake for tests it tells by
//     default no more than every cloud does: no time from Put, a partial Info from
//     Copy, the same version for the same bytes; its options change that.
//
// # Wrappers
//
// Optional abilities, such as copying inside the store, are interfaces beside Bucket
// ([Copier], [URLSigner], [ManyDeleter], [Checker], [Aser], [Locator]), each with a
// function that uses it, falls back, or answers errors.ErrUnsupported. A struct that
// embeds a Bucket loses these abilities, and a struct that embeds the concrete type
// leaks them: a signed PUT through a read-only wrapper, a signed key without its
// prefix. So wrappers don't embed. They are [Hooks], given to [Wrap], the only type
// that forwards; it has every ability of the bucket below, classed as reading or
// writing by [Op.Writes], and gives errors the caller's names. Where contents pass
// through a hook, abilities that would get round it are off. Features tell what is
// left. Wrap keeps to these Features by itself: what isn't claimed is ErrUnsupported,
// or ErrPermission where the wrapper is read-only, by every method and function,
// whatever the bucket below can do. Hooks.Transform is for wrappers that store other
// bytes than they are given. A wrapper's Close leaves the bucket below open, unless
// CloseInner hands that over.
//
// # Why not a file-system interface?
//
// io/fs can't write, and its Open takes no context and no options. A file system's
// rename, append, partial write, lock, link and permission are what object stores don't
// have; an interface with these would be a promise that most buckets break. And what
// object stores do have has no place in a file system's: conditions on versions,
// metadata, a content type, listing from a name on, signed URLs. So a Bucket is the
// part that all can keep without exception. For code that reads an fs.FS there is [FS],
// which leaves nothing out silently.
//
// # Implementing a Bucket
//
// Package files/driver makes a Bucket of a small Backend and does names, types,
// metadata, digests, ranges, errors, timeouts and closing for it. Implementing Bucket
// directly is possible: return [NewReader] from Get and errors made by [NewError], and
// run package conformance.
package files
