// Package files stores and reads named files wherever they are kept: in memory, in a
// local folder or in an object store. A [Bucket] is one such place. A program that
// takes a Bucket runs unchanged on every one of them, because every driver keeps the
// same contract, which is below, rule by rule.
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
// The interface has seven methods. Everything else is a function that takes a Bucket.
//
// # What do you want to do?
//
//   - Open a [Bucket]: [Open] takes a URL. It knows the schemes of the drivers that the
//     program imports, and [DefaultMux] lists them. A [Mux] of your own has only the
//     schemes that you register; each [Scheme] documents its parameters ([Param]).
//     [Check] finds out whether the bucket exists and may be read. [Describe] and
//     [RedactURL] show a URL without its secrets.
//   - Store: Bucket.Put for a stream, with [Attributes], a [Digest] to check and options
//     of one service ([NativeOption]); [PutString], [PutBytes] and [PutJSON] for what is
//     in memory; [PutFile] and [PutFS] for a file or a tree on disk; [NewWriter] for a
//     [Writer], to which content is written piece by piece; package files/resume for
//     uploads that continue after an interruption or a kill. A [Condition], made by
//     [IfAbsent] or [IfVersion], keeps a Put from replacing another caller's file.
//   - Read: Bucket.Get for a [Reader]; [ReadAll], [ReadString] and [ReadJSON] into
//     memory; [Download] and [DownloadFile] to a writer or to disk, and [DownloadAt] by
//     several connections at a time; package files/resume for downloads that continue
//     after an interruption or a kill; [OpenAt] for a [File], and [ReadRanges], to read
//     at any place; [FS] for code that reads an fs.FS. A [Range], made by [Bytes],
//     [From] or [Last], selects a part of a file.
//   - Look up: Bucket.Stat for the [Info] of a file, such as its [Version], and [Exists];
//     [Usage] for a directory; Bucket.Features for the [Features] of the bucket.
//   - List: Bucket.List for each [Entry], and [ListPage] for a web page or an API.
//   - Copy, move, remove and synchronize whole trees: package files/transfer.
//   - Change: [Update] (or leave the file as it is, with [SkipUpdate]), [UpdateJSON] and
//     [UpdateAttributes], which lose no update; [Copy] and [Move]; Bucket.Delete,
//     [DeleteMany], [DeleteDir] and [DeleteAll].
//   - Let only one process work at a time: package files/lease. Follow a file's changes:
//     package files/watch. Keep a log of small records: package files/eventlog.
//   - Sign: [SignURL] makes a [SignedURL], which works without credentials; package
//     files/signing makes upload forms with a largest size, and uploads in parts for
//     browsers.
//   - Wrap: [Sub] for one directory, [ReadOnly], and [Wrap] with [Hooks] for everything
//     else. A hook gets each [Call] with its [Op]; a [NameMap] gives files other names,
//     and a [Transform] stores other bytes. [As] returns what a bucket is built on, such
//     as the client of an SDK, and [Layers] lists its layers. The layers of this module
//     are packages below files: cache, compress, crypt, hedge, limit, observe, retry and
//     timeout.
//   - Join: package files/mount for several buckets by directories, files/overlay to read
//     through several, files/mirror to write to two. Package files/iofs makes a bucket of
//     any fs.FS.
//   - Take names from users and print them: [CheckName], [CheckElement] and [SafeName];
//     [Printable]. [MaxName] is one of the limits.
//   - Handle an error: [Error], the sentinels below, [KindOf] and [KindName].
//   - Write a driver, or the errors of a wrapper's hooks: package files/driver.
//
// The package imports the standard library only, and not net/http. Package
// files/fileshttp serves files over HTTP, and each driver imports what it needs.
//
// # Options
//
// Put, Get, Stat, List and Delete, and the functions that have options, take a pointer
// to a struct of options as their last parameter; Features and Close take none. nil is
// the same as the zero value, which is the default: store unconditionally, read
// everything, list everything below the directory. Options are neither kept nor
// changed. After version 1 these structs may grow; the interface does not.
//
// A value that a program computes never means "everything" or "unconditional" by
// accident, even if it is zero or empty:
//
//   - A condition is a [Condition], made by [IfAbsent] or [IfVersion]. IfVersion of an
//     empty version never writes.
//   - A part of a file is a [Range], made by [Bytes], [From] or [Last]. A length of 0
//     is no bytes.
//   - PutOptions.Size is a pointer: nil is an unknown size, and a pointer to 0 is no
//     bytes.
//   - [Sub] and [DeleteDir] refuse the empty directory.
//
// Options that make no sense are refused with ErrInvalid, before anything is done.
// Options that a bucket doesn't support are refused with errors.ErrUnsupported, as its
// [Features] say in advance. No option is ever ignored.
//
// # Errors
//
// Every failure is an [*Error]. Branch on the sentinels with errors.Is: they mean the
// same on every driver. "The call is ErrNotExist", in this documentation, means that the
// call returns an error in which errors.Is finds ErrNotExist. Log the error itself: its
// text is made to be shown.
//
//	ErrNotExist      no such file (also fs.ErrNotExist)         look elsewhere
//	ErrExist         IfAbsent, but it exists (fs.ErrExist)      another caller was first
//	ErrPrecondition  the file has another version               read again
//	ErrNotModified   the caller's copy is current               use it
//	ErrPermission    refused (fs.ErrPermission)                 ask the administrator
//	ErrInvalidName   not a legal name, N1 (fs.ErrInvalid)       fix the program
//	ErrInvalid       impossible options, metadata or URL        fix the program
//	ErrCorrupt       content and its size or digest differ      do not use it
//	ErrChanged       replaced while it was read                 begin again
//	ErrTooLarge      beyond a limit, a quota or the disk        store less, or make room
//	ErrUncertain     the response to a write was lost           read what is there
//	ErrNoBucket      the bucket or its folder is missing        don't treat it as empty
//	ErrClosed        used after Close (fs.ErrClosed)            fix the program
//	ErrUnsupported   errors.ErrUnsupported                      see Features
//	ErrUnavailable   the only error that a retry may fix        retry
//
// An error that is none of these, such as the failure of a reader that was given to
// Put, has no sentinel. [KindOf] returns an error's sentinel, and [KindName] returns
// its name for logs and metrics. Error, Entry and Info are slog.LogValuer.
//
// # The contract
//
// Every bucket keeps these rules, except for what a service provably cannot keep. If
// there is a feature for that, the bucket doesn't claim it in its [Features], and a call
// that needs it is errors.ErrUnsupported; the fields of Features name their rules.
// Section Z lists exceptions, among them all that have no feature, and says what happens
// instead. No rule is silently weakened. Package conformance has a case for every rule.
//
// The rules use these words. The store is where a bucket's files are: memory, a disk or
// a service. The backend is the code of a driver, together with its store. A directory is
// the part of names before a "/"; a folder is a directory on a disk.
//
// N. Names
//
//   - N1: A name is 1 to 1,024 bytes of valid UTF-8. It has elements separated by "/",
//     none of them empty, "." or "..", and no control characters (U+0000 to U+001F and
//     U+007F). Every method refuses any other name, before any I/O, with ErrInvalidName
//     and a text that says what is wrong. A bucket that holds only shorter names says
//     so in Features.MaxName. [CheckName] checks a name, [CheckElement] checks one
//     element, and [SafeName] makes a name of an untrusted one.
//
//   - N2: Different names are different files, even if they differ only by case, by
//     Unicode normal form, or by trailing dots and spaces. Device names (CON), suffixes
//     that a driver uses itself (x.attrs) and text that looks like a driver's escapes are
//     names like any other.
//
//     This holds on every file system, including one that takes several spellings for
//     one name, refuses characters, changes names, or limits them to less than 255
//     bytes (exFAT, FAT, NTFS, CIFS, folders of ext4 with casefold). If another program
//     stored a file on such a disk, the bucket has the file under the spelling that the
//     other program gave it, and under no other.
//
//   - N3: "a" and "a/b" may both exist, and no call for one of them changes the other.
//
//   - N4: Every legal name comes back byte for byte, including elements longer than a
//     file system's 255 bytes. A name is escaped in the store only if the store can't
//     hold it unchanged. On a file system that takes several spellings for one name, the
//     first of them is stored unchanged.
//
//   - N5: No name reaches outside the bucket. In a local folder a symbolic link, device,
//     socket or pipe is not a file. List leaves it out, Get and Stat are ErrNotExist, and
//     Put replaces it. It is never opened, so a program that waits at the other end of a
//     pipe goes on waiting. The bucket's own folder may be a link.
//
// V. Versions and times
//
//   - V1: A [Version] is opaque, and different content has different versions.
//     Features.VersionPerPut says whether each Put makes a new one. If not (S3), the
//     same bytes have the same version again, so a program that relies on
//     compare-and-swap must write different bytes each time.
//
//     In a local folder different content has different versions even if other programs
//     wrote it, whatever modification time they set; section Z names the one exception.
//     The version of such a file may also change while its content doesn't.
//
//   - V2: A file's time is when it was put, whatever the time of the file that it
//     replaced. Times are UTC, truncated to Features.TimeResolution. That is the
//     resolution of the least precise response of the service or disk, and it stays the
//     same for the life of a bucket. A driver that can't know it when it opens the bucket
//     claims the coarsest one that is possible.
//
// P. Put
//
//   - P1: Put is all or nothing. Every reader, anywhere and at any moment, sees the old
//     file or the new one, whole, with content and metadata of the same Put. The moment
//     at which the new file becomes visible is the commit. An upload that is unfinished,
//     or that failed (P2), is visible under no name.
//
//     If several processes continue one upload (package files/resume), the upload either
//     fails or becomes a file of exactly the parts that its completion names, whatever
//     other parts were sent. Its condition is decided at its completion (P8, P9).
//
//   - P2: A Put that fails before the commit keeps the old file, whether the content's
//     reader fails, the context ends, size or digest differ, the disk is full or the
//     process dies. The error wraps its cause: errors.Is finds the reader's error, for
//     example.
//
//     If the response to the commit is lost, the file is the old or the new one, and
//     the error is ErrUncertain. The same holds on a file system whose server, or FUSE
//     program, goes away meanwhile. A response that a proxy sends in place of the
//     service's counts as lost.
//
//     After the commit Put returns nil, even if the context has ended. If a retry finds
//     the file that an earlier attempt of the same Put stored, Put succeeds, whatever the
//     response to that attempt was.
//
//     If the service abandons an upload in parts before the commit, Put begins it again
//     or is ErrUnavailable. The error never reports a missing file or bucket.
//
//   - P3: Put returns the Info of what it wrote, without another request: size, version
//     (Features.PutReturnsVersion), type, and the digest if it is known. The time is
//     never guessed: it is zero if the response didn't have it.
//
//   - P4: When Put, Delete or Copy returns nil, the change is durable. The driver of
//     local disks syncs the data, the directory and new parent directories, unless the
//     URL says otherwise.
//
//   - P5: A Put replaces content, content type and all metadata; nothing of the old
//     file is left. A file on a local disk keeps its mode, group and access list. A new
//     one gets those that the disk gives to any new file in its folder.
//
//   - P6: The content type is what the caller gives. If the caller gives none, a table
//     of extensions decides, which is the same on every machine. If the name's
//     extension is not in the table, the first 512 bytes of the content decide, by the
//     WHATWG rules. The type is the same on every driver; ContentType of package
//     files/driver returns it in advance. A bucket that stores no types
//     (Features.Attributes is false) accepts only the type that it would find by itself;
//     a Put with any other is errors.ErrUnsupported.
//
//   - P7: Metadata keys are non-empty UTF-8, and their ASCII letters are folded to lower
//     case. Every UTF-8 value comes back. Keys and values have at most 1,900 bytes in
//     all, counted as URL-escaped ([MaxMetadata]). Two keys that fold to one, invalid
//     UTF-8 and longer metadata are ErrInvalid. Nothing is ever truncated.
//
//     The four headers of [Attributes] come back as they were given, and Get never
//     decodes the content by them. A header, like the content type, is printable ASCII
//     without a space at either end; RFC 8187 encodes other text in ASCII. A header has
//     at most 1,024 bytes ([MaxHeader]), a Content-Language at most 100
//     ([MaxContentLanguage]), and the four headers and the content type together at most
//     1,500 ([MaxHeaders]). Anything else is ErrInvalid, from Put, Copy and SignURL,
//     before anything is done. One file may reach all these limits at the same time.
//
//     If another program stored attributes beyond these limits, they come back whole, or
//     every call that returns them is ErrCorrupt.
//
//   - P8: IfAbsent stores a file only if there is none. Of any number of concurrent
//     Puts one succeeds; the others are ErrExist and leave the file of that one as it
//     is. Whether the file exists is decided at the commit, also between processes: a
//     check before the upload doesn't count.
//
//   - P9: IfVersion replaces only that version. If the file has another version or does
//     not exist, Put is ErrPrecondition and changes nothing. Of concurrent updates of
//     one version one succeeds. IfVersion("") never writes.
//
//     The empty text is not a version. A call that needs a file's version and finds
//     none is ErrUnsupported before anything is written. Such calls are a Put with
//     IfVersion of what was read, Update, UpdateAttributes, Move, a Copy of one
//     version, and a Copy of a file onto itself. Once a bucket has found a file without
//     a version, its Features no longer claim what needs one.
//
//   - P10: If the caller gives a size or a digest (CRC-32C, MD5, SHA-256, CRC-32,
//     CRC-64/NVME) that does not match the content, Put is ErrCorrupt and writes nothing.
//     Put computes a digest other than CRC-32C only if the caller gives one of its kind.
//
//   - P11: Content of known or unknown length streams in bounded memory, up to the
//     backend's limit. A stream of unknown length that is longer than
//     Features.MaxUnknownSize is ErrTooLarge; a declared size raises that limit to
//     MaxSize. No memory is allocated in advance for a declared size, or for the length
//     that the content's Len method returns: a wrong size is an error, and a wrong length
//     is an error or is ignored. Beyond one part for each Put, the memory that all
//     concurrent Puts of a bucket hold together is bounded too.
//
//   - P12: Put reads from the content's current position, does not close it and does
//     not read it after returning. It checks the context between Reads. The end of the
//     context doesn't interrupt a Read that blocks; the caller must.
//
// G. Get
//
//   - G1: A missing file is ErrNotExist, from Get and not from the first Read.
//
//   - G2: Get returns the body and the file's whole Info, both from the same request. If
//     the service reports a length that no file can have, such as a negative one, Get is
//     ErrUnavailable. Memory grows with what arrives: none is allocated for a number that
//     a service reports.
//
//   - G3: A range that begins at or past the end is empty, with a nil error and the
//     whole Info. A range that reaches past the end stops at the end. Length 0 is 0
//     bytes. [Reader.Offset] and [Reader.Len] return which part of the file the body is.
//
//     If a server doesn't support ranges and sends the whole file, the range is taken
//     from it. Up to 8 MiB in front of the range are read and thrown away; if there are
//     more, Get is ErrUnavailable.
//
//   - G4: A body is one version from the first byte to the last, whatever is put or
//     deleted meanwhile. If a backend can't read the rest of that version, reading fails
//     with ErrChanged.
//
//     With GetOptions.Growing the body is what the file held when it was opened, even
//     if another program appends to it in place. Info, size and range are those at the
//     opening, appending is not an error, and a digest that covers other bytes is not
//     checked.
//
//   - G5: If a connection breaks, reading resumes where it stopped, with the same
//     version. The caller gets all bytes or an error, never fewer bytes and nil. The
//     number of attempts is limited, and is counted anew each time that bytes have
//     arrived. The version, range and size of each response are compared with the
//     request. A response with two versions, ranges or sizes is an error. A body whose
//     file has no version is never resumed. If the server sends the whole file in place
//     of the rest, reading is ErrUnavailable, because the server would send the whole
//     file after each break.
//
//   - G6: A whole read is checked against the stored digest, if there is one. If the
//     content is damaged, the Read that would return the last bytes returns no bytes and
//     ErrCorrupt. The stored digest is a CRC-32C, CRC-32 or CRC-64/NVME of the whole
//     content, one that was given to Put, or an MD5 of the whole content that another
//     program stored. Ranges, composite checksums and ETags are not checked, and
//     GetOptions.SkipVerify turns the check off.
//
//   - G7: [Reader] streams: Read, WriteTo, ReadAll, ReadN, Next and Chunks. The last two
//     return chunks, of 1 KiB by default; a chunk is valid until the next. A read
//     timeout ends the wait for a stalled stream with os.ErrDeadlineExceeded. Close may
//     be called twice, and it ends a Read in progress. A Read after Close is ErrClosed.
//     What wasn't read is not downloaded.
//
//   - G8: With GetOptions.IfNotVersion, Get returns ErrNotModified and no body if the
//     caller's copy is current.
//
//   - G9: Get's context governs the body until Close: when it ends, reads fail with its
//     error.
//
//   - G10: [OpenAt] and [ReadRanges] read parts of one version at any place: each read
//     returns the bytes of the version that OpenAt or ReadRanges found, or ErrChanged.
//     ReadAt returns fewer bytes than requested only with an error, which is io.EOF only
//     at the end of the file. After any error but ErrChanged the next read tries again.
//     Close ends the reads in progress with ErrClosed. A file of the io/fs view is read
//     in the same way.
//
//     Get reads a large body by several requests at a time under three conditions: the
//     caller goes on reading and waits for bytes most of the time; one connection reads
//     less than 400 MB per second, apart from pauses; and several connections prove to
//     be faster than one. G4 to G7 hold as for one request. The first 8 MiB come by one
//     request, and so does a body of up to 16 MiB. Get never fetches more bytes in
//     advance than the caller has read. What is fetched in advance for all readers of a
//     bucket, and what its Files hold in memory, together stay within one bound: 32 MiB
//     unless OpenAtOptions.Memory says otherwise. A reader that pauses holds no
//     connection, and leaves its memory to other readers. GetOptions.Connections and
//     ConnectionsAfter, or read_connections= and read_connections_after= in a URL, say
//     how many requests there are and when they begin; [Reader.Requests] counts them.
//
// S. Stat
//
//   - S1: Stat returns the Info that Get returns, in one request. A missing file is
//     ErrNotExist, and so is a directory. A file of 0 bytes is a file, for every rule. If
//     the program may see a file on a local disk but not read it, Stat returns its size,
//     time and version, as List does, and the type that its name has.
//
// L. List
//
//   - L1: List(dir) yields every file below dir once, in ascending byte order of full
//     names; "" is the whole bucket. List("notes") has notes/day14.txt, but not notes,
//     notes.txt or notes2/x. A directory may be given with one "/" at its end.
//
//   - L2: A shallow listing yields the files directly in dir and each sub-directory
//     once, in byte order. Directories are marked and end in "/".
//
//   - L3: Prefix, StartAfter, Limit and PageSize work with both kinds of listing.
//     Prefix is relative to dir and may be part of an element; in a shallow listing it
//     has no "/". StartAfter may be any string: the listing yields only names that are
//     greater. In a shallow listing, where directories end in "/", StartAfter "d/" begins
//     after everything below d. Neither PageSize nor Parallel changes the result.
//
//   - L4: A listing has every file that was put before the call, and none that was
//     deleted before it. A name that exists during the whole listing comes exactly
//     once, whatever else changes, and a change is never an error. That holds even if
//     the disk lists its folder in another order after a file was replaced, and if the
//     listing is read in pages while files change.
//
//   - L5: An entry's size, time and version are Stat's, unless NamesOnly let the bucket
//     leave them out.
//
//   - L6: A directory that does not exist is empty. A directory disappears with its
//     last file; an empty folder on disk is not a directory.
//
//   - L7: What a driver keeps for itself is not listed. An object that another program
//     stored under a key outside N1 is ignored, unless ListOptions.Foreign requests it.
//     It then comes with the name "" and its raw Key, which the options of Get, Stat and
//     Delete take. Such keys are sorted among the names by their bytes, and StartAfter,
//     Limit and pages treat them like names. Ignored keys never end a page or a listing
//     early. Whatever bytes another program's key has in the service's response, the key
//     never makes a listing fail, and is never listed as another name. What a file system
//     puts into folders for itself, such as the placeholder of a file that was removed
//     while open, is not listed.
//
//   - L8: Memory is bounded. On a local disk the bound is the names of one folder. Cost
//     is linear: a million names cost ten times a hundred thousand, and stopping early
//     costs only what was read.
//
//     A page costs in proportion to its own entries, wherever it begins: reading a
//     listing in 20,000 pages of 10 costs at most three times reading it at once. That
//     also holds if each page is an HTTP request (package fileshttp), if several callers
//     read pages at different places, or if a process opens the bucket anew for each
//     page. A listing of a local disk holds at most 32 descriptors, at any depth.
//
//     If a service lists wrongly, List is ErrUnavailable, with a text that says so,
//     after a bounded number of requests. A service lists wrongly if it returns entries
//     that were not requested, entries in another order than it claims, an entry twice,
//     an entry of a size that no file has, or pages that repeat or don't end.
//
//   - L9: Each range over the result is a new listing. If it yields an error, nothing
//     comes after the error. A folder or a file that can't be read does not end the
//     listing: one error, which names the first of them, comes after everything that can
//     be listed, or after the last entry that Limit allows. No lock is held while the
//     loop's body runs, and the body may call every method.
//
// D. Delete
//
//   - D1: Deleting what isn't there returns nil. Deleting "a" never touches "a/b".
//     Deleting needs no space, so it works on a full disk.
//
//   - D2: IfVersion deletes only that version. If the file has another version or does
//     not exist, Delete is ErrPrecondition and deletes nothing
//     (Features.DeleteIfVersion).
//
//   - D3: Deleting many names, or a whole directory, takes as few requests as the
//     backend allows. The result has an error for each name that perhaps wasn't deleted.
//     If the backend's results can't be matched with the names, every name has an error.
//
// C. Copy
//
//   - C1: Copy copies content, type, headers and metadata. Inside one store, if the
//     backend can, the content does not pass through the program, and a file that the
//     backend can copy in one request takes one (CopyOptions.FullInfo may cost one
//     more). A missing source is ErrNotExist. Conditions hold for the target, and the
//     copy is all or nothing, as in P1.
//
//     A copy of a file onto itself changes nothing, unless new attributes are given,
//     which replace the old ones. A wrapper that stores other bytes may store the file
//     again (Transform.Renew), which makes a new version of the same content and
//     attributes. [UpdateAttributes] changes some attributes of one version and keeps
//     the others.
//
//     Move is Copy, then Delete of the version that was copied: after a crash at least
//     one of the two files exists, perhaps both. If the source's bucket can't delete one
//     certain version, or reports none, Move is ErrUnsupported before anything is
//     written, unless CopyOptions.MayLoseConcurrentPut allows that a file put meanwhile
//     is lost.
//
// E. Errors
//
//   - E1: Every failure is an *Error with the operation, the name that the caller used
//     and the cause. Its text has operation, name, sentinel and the cause without
//     secrets. It never has a physical path, a prefix, a signed URL or a credential. In
//     the text of every cause, of whatever type and origin, anything that looks like a
//     secret is printed as "…". Errors of Open may name folder, host and bucket, as U1
//     says.
//
//     Control characters, bidirectional controls, invisible characters and invalid
//     UTF-8 are escaped, in names as well ([Printable]). MarshalJSON keeps the name as
//     it is.
//
//     errors.As reaches the backend's own error. errors.Is finds sentinels,
//     context.Canceled and context.DeadlineExceeded.
//
//     The text of ErrNotExist, ErrExist, ErrPrecondition, ErrNotModified, ErrCorrupt,
//     ErrChanged, ErrNoBucket and ErrClosed is the same on every backend. What the
//     backend said is in Error.Detail, for logs (LogValue, JSON, %+v).
//
//   - E2: In the same situation every driver returns the same sentinel, and every error
//     of a disk or a service has one: a full disk is ErrTooLarge, a read-only disk is
//     ErrPermission, a disk that is gone is ErrNoBucket, and a broken disk is
//     ErrUnavailable. If several errors apply, the first of these is returned: closed,
//     name, options, context. An error matches at most one of ErrExist,
//     ErrPrecondition and ErrUncertain.
//
//     No operation panics by itself. A nil context, bucket, reader, writer or function
//     is ErrInvalid, and so is reading a nil [Reader], whose Close returns nil. A nil
//     pointer of any type in place of a bucket counts as nil. A content that is a nil
//     pointer of the caller's own type is read like any other; if its Read panics, Put
//     is ErrInvalid.
//
//     A response that isn't the service's own, such as one of a login page, a web
//     server or a proxy, is never a success, and proves nothing about a file. The call is
//     ErrUnavailable, or ErrPermission if the response's status is 401 or 403, and the
//     text says that the response isn't the service's.
//
//     A response's status alone proves nothing: ErrExist, ErrPrecondition and
//     ErrNotModified are only returned for a condition that was sent. A request that a
//     service refuses only because another call runs at the same time is repeated, and
//     that refusal is never returned as one of these errors.
//
//     If a service refuses the credentials, the driver reads them again from where it
//     found them. If they have changed, the request is repeated once; otherwise it is
//     ErrPermission. If several calls are refused at the same time, the credentials are
//     read once for all of them.
//
//     A call without credentials is ErrPermission at its first attempt, and the text
//     says what to set. A certificate that isn't trusted is ErrInvalid at the first
//     attempt, and so is HTTP to a server that speaks HTTPS, or the other way round;
//     the text names the setting to change. A TLS handshake that a server refuses for
//     good is ErrInvalid too. A handshake that is interrupted is ErrUnavailable and never
//     ErrUncertain, because no request was sent.
//
//   - E3: If the bucket is missing, or its folder has vanished, calls are ErrNoBucket
//     and not ErrNotExist: an unmounted disk does not look like an empty one. So L6 and
//     D1 don't apply to a missing bucket. If Features.StatNoBucket is false, Stat and
//     [Exists], and only these, report a missing file instead. Deletes through another
//     bucket never remove a folder while it is the root of an open bucket.
//
// X. Concurrency, cancellation, closing
//
//   - X1: A bucket is safe for concurrent use. The calls for one name are linearizable:
//     each takes effect at one moment between its beginning and its end. That holds even
//     if they come through different buckets, and if the folder of one bucket lies inside
//     that of another.
//
//     Other programs may remove or truncate the files that a driver keeps for itself,
//     at any moment, also through a descriptor that they opened before. Writers still
//     exclude each other. If another program changes the temporary file of an upload, the
//     upload either succeeds with the right content or fails before it changes anything,
//     and the bucket goes on working.
//
//   - X2: When its context ends, a call reads at most one more chunk, returns within 100
//     ms, and leaves no goroutine, descriptor, temporary file or unfinished upload.
//     Removing an upload from a service may go on for some seconds after the call has
//     returned. Before a program exits, it waits for that by Settle of package
//     files/resume; package files/transfer waits by itself. If an upload could not be
//     removed, the error names it. The only upload that is left on purpose is one of
//     package files/resume for which the program has a token.
//
//     A panic or runtime.Goexit in the caller's code, such as the body of a loop, a
//     content's Read or a hook, ends a call as well. A panic always continues in the
//     goroutine that made the call, whichever goroutine it began in. Goexit is never
//     reported as success. No lock stays held, and the bucket goes on working.
//
//     A call that can't continue, because something is locked or keeps changing, gives up
//     even if the context doesn't end: within about a minute, with ErrUnavailable and a
//     text that says what it waited for.
//
//     The URL parameters timeout= and read_timeout= limit how long a call waits for a
//     silent server, by default to a minute each. Then the call fails with
//     ErrUnavailable, and the error names the parameter. A body is never cut off while
//     its bytes still arrive, however slowly.
//
//   - X3: Close is idempotent and waits for nothing: calls in flight finish and open
//     bodies stay readable. Afterwards every method is ErrClosed. Close releases what
//     Open made for the bucket. Closing a wrapper or a sub-bucket leaves the bucket
//     below open, and closing a bucket made from the caller's client leaves the client
//     open.
//
//     mem://name lives as long as the process. Buckets of the same settings share one
//     HTTP transport, which keeps at least 64 idle connections to each host, if as many
//     were in use.
//
//     A bucket of a local folder that nobody closed releases its descriptors, its locks
//     and what it keeps in the folder when the garbage collector finds it, as os.File
//     does. The library logs nothing.
//
// W. Signed URLs
//
//   - W1: A signed URL is bound to its method, name, expiry and every option that it was
//     signed with: it works for nothing else. The options are the content type, the size
//     of a PUT, that a PUT stores only a new file, and the type and disposition of the
//     response to a GET. An option that the bucket doesn't claim to bind
//     (SignContentType, SignSize, SignIfAbsent, SignResponse) is ErrUnsupported; none is
//     ignored. SignOptions.MaxSize is always ErrUnsupported, because only a signed form
//     can have a largest size. A URL that is signed for HEAD (SignHead) allows no GET.
//
//     An expiry beyond the service's limit or the credentials' life is an error.
//     Signing makes no request. Its result has the headers that must be sent with the
//     URL.
//
//     A signed form (package files/signing) is bound to its name or directory, largest
//     and smallest size, content type, every other field, and expiry. An upload that
//     differs from the form is refused, and nothing is stored.
//
//     A signed part of an upload (package files/signing) is bound to its name, upload,
//     number and expiry, and stores no file by itself. Completing the upload stores the
//     file only if the parts are exactly the declared ones, of the declared sizes, and if
//     the declared condition holds.
//
// U. URLs
//
//   - U1: The error for an unknown scheme names it, the schemes that are registered and
//     the import that is missing. The error for an empty URL says that the variable is
//     probably unset. The error for a bare path shows how it is written as a URL. An
//     unknown or malformed parameter is named.
//
//     Nothing shows a secret. Errors and logs show only the parts of a URL that are
//     known to be harmless: the scheme, a bucket, host and folder that don't look like
//     a key, the parameters' names, and values that the driver registered as harmless
//     ([Param]). They show "…" in place of user information, fragments, all other
//     values, and everything after the scheme of a URL that is malformed or of an
//     unknown scheme.
//
//   - U2: The Go CDK's bucket URLs work unchanged. Every URL may have the parameters
//     prefix= (a raw prefix of every name), key= (one file only), readonly=true, and
//     those of layers whose packages the program imports, such as timeout=. Layers are
//     always put around the driver in the same order, whatever the order of the
//     parameters is. The Go CDK's own file and memory drivers open as gocloud+file://
//     and gocloud+mem://.
//
//   - U3: Opening makes no request; [Check] does. A missing local folder is an error,
//     unless create_dir is given. Check fails if List would fail before its first
//     entry.
//
// Z. What services cannot keep
//
//   - Stores that speak S3's protocol: the driver claims a condition only if the store is
//     known, or was proved, to keep it, and never sends one that the store doesn't keep.
//     Some stores can't hold certain names, or "a" beside "a/b": a Put of those is
//     ErrUnsupported, and so is every call for a name that the store is known to
//     refuse. Package drivers/s3 lists which stores respond wrongly if a write races
//     with another one, and what the driver does then.
//   - Object stores: a key that ends in "/", which other programs write to mark an
//     empty directory, is not a file. A shallow listing shows it as an empty directory,
//     because leaving it out would take a request for each directory. A Get of a range
//     that begins at or past the end takes two requests (G2), because the response to
//     the first is an error without the Info.
//   - S3: without permission to list, a missing key is ErrPermission, because S3
//     responds with 403. Directory buckets are not ordered. HEAD has no body, so Stat
//     can't distinguish a missing bucket from a missing file. If the response to the
//     beginning of an upload in parts is lost, S3 may keep an upload whose ID no program
//     has (X2).
//   - The Go CDK's drivers: package drivers/gocloud lists what it can't keep with each of
//     them. A Get takes two or three requests (G2), and Get and Stat through fileblob
//     follow links (N5). To begin a page after a name, everything before that name is
//     listed too (L8), because the Go CDK can't begin a listing at a name.
//   - GCS: names under .well-known/acme-challenge/ can't be stored. If another program
//     stored metadata or headers that no HTTP header can carry, Get may return the file
//     without them; Stat returns them (P7, S1).
//   - Azure: the blocks of a Put that failed stay at the service, uncommitted and not
//     listed, until it removes them after a week (X2). A Get of the last bytes ([Last])
//     takes two requests (G2). If the service doesn't support startFrom, everything
//     before the beginning of a page is listed too (L8). Names with more than 254
//     elements, with "\" or with an element that ends in a dot can't be stored. Accounts
//     with a hierarchical namespace, which the driver recognizes by the first responses,
//     don't keep N3, list in an order of their own, and keep and list empty directories
//     (L6). In other accounts an empty blob with the metadata hdi_isfolder marks a
//     directory. Get and Stat don't take it for a file, but List yields it as an empty
//     file (L7), because a listing has no metadata unless a parameter makes the driver
//     request all metadata.
//   - Local: names that the file system cannot hold even if they are escaped, such as
//     paths that are too long for the file system below another one (encfs), can't be
//     stored. Times are as coarse as the disk's. If another program writes into a file
//     that was put, keeps its size and then restores its time, the version stays the
//     same (V1), and reading the file whole is ErrCorrupt. Linux is tested; for macOS
//     and Windows the driver is compiled, but not run. Names below lost+found are
//     ErrPermission if the bucket is the root of a file system that has this folder for
//     itself.
//   - Memory: nothing outlives the process (P4). As the fake for tests it reports by
//     default no more than what every cloud reports: no time from Put, a partial Info
//     from Copy, and the same version for the same bytes. Its options change that.
//
// # Wrappers
//
// Optional abilities, such as copying inside the store, are interfaces of their own,
// which package files/driver lists. Applications don't call them. They call functions of
// this package: [Copy], [SignURL], [DeleteMany], [Check] and [As] use the ability if the
// bucket has it, and otherwise work without it or return errors.ErrUnsupported.
//
// A wrapper, or layer, is a bucket around another one. It must not embed that bucket. A
// struct that embeds a Bucket loses these abilities, and a struct that embeds the
// concrete type lets them bypass the wrapper: it would sign a PUT for a read-only bucket,
// or sign a key without its prefix. Instead, a wrapper is a set of [Hooks] that is given
// to [Wrap]. The bucket that Wrap returns is the only type that forwards calls:
//
//   - It has every ability of the bucket below. [Op.Writes] reports which of them write.
//   - Its errors have the names that the caller used, and not those of the bucket below.
//   - If contents pass through a hook, abilities that would bypass the hook are turned
//     off, and its Features say so.
//   - It enforces its own Features, whatever the bucket below can do: every method and
//     function refuses what they don't claim with ErrUnsupported, or with ErrPermission
//     if the wrapper is read-only.
//   - Hooks.Transform is for wrappers that store other bytes than they are given.
//   - Its Close leaves the bucket below open, unless CloseInner is set.
//
// # Why not a file-system interface?
//
// io/fs can't write, and its Open takes no context and no options. Object stores don't
// have a file system's rename, append, partial write, lock, link and permission: an
// interface with these would be a promise that most buckets break. And a file system's
// interface can't express what object stores do have: conditions on versions, metadata,
// a content type, listing from a name on, signed URLs. A Bucket has what all of these
// stores can do. For code that reads an fs.FS there is [FS], which never leaves out a
// file silently.
//
// # Implementing a Bucket
//
// Package files/driver makes a Bucket of a small Backend. It handles names, types,
// metadata, digests, ranges, errors, timeouts and closing for the Backend. It also has
// everything that only authors of drivers call. Implementing Bucket directly is
// possible too; the documentation of files/driver says how.
package files
