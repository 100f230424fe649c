// Package transfer copies, moves, removes and synchronizes whole trees: between any two
// buckets, and between a bucket and a folder on disk.
//
//	src := transfer.Tree{Bucket: disk, Dir: "photos"}
//	dst := transfer.Tree{Bucket: cloud, Dir: "backup/photos"}
//	plan, err := transfer.Sync(dst, src, &transfer.Options{MaxDeletes: 100})
//	...
//	for change, err := range plan.Changes(ctx) { // look at it
//		fmt.Println(change)
//	}
//	result, err := plan.Apply(ctx) // do it
//
// # What it does
//
// Four functions make a [Plan]: [Copy] adds and replaces files; [Move] also deletes the
// source's files once they are copied; [Sync] also deletes the target's files that the
// source doesn't have; [Remove] deletes a tree.
//
// [Plan.Changes] yields each [Change] with its [Reason], and [Plan.Apply] carries all
// of them out. [Plan.ApplyChanges] carries out chosen ones, and [Plan.Events] yields
// what happens during the run. [DownloadDir] copies a tree to a folder in one call, and
// [CopyFile] copies one file.
// Package files/iofs makes a source of any fs.FS.
//
// # Which time decides
//
// A bucket's time of a file is when it was put (V2), so a copy is always newer than its
// source. By default (ByTime), files of equal size are compared by time. Both times are
// truncated to the coarser Features.TimeResolution of the two sides:
//
//   - The target's time is later than the source's: the files are the same.
//   - The source's time is later: the file is copied, even if only its time was
//     changed.
//   - The times are equal, one is missing, or the source's is in the future: digests
//     decide, by a Stat of each side. If they have no digest in common, the source's
//     time that the target's metadata stores decides; if there is none, the file is
//     copied. A copy of a file whose time is in the future stores that time, so that
//     the next run finds the two the same. A copy of a file that was just changed waits
//     for the next unit of the resolution, at most two seconds, so that the times aren't
//     equal.
//
// ByTime doesn't notice a file that was replaced by one of the same size with an older
// time, such as a restored backup. ByStoredTime does, by one request a file: the copy
// stores the source's time in its metadata, under rclone's key "mtime". ByDigest and
// ByContent don't use times. If the two clocks may differ, set Options.ClockSkew to the
// largest difference: AWS accepts 15 minutes. A copy of a file that was changed within
// that time stores the source's time too.
//
// # Filters
//
// Options.Filter is a list of rules. A rule is "- " or "+ " and a pattern. The first
// rule whose pattern matches a file's name decides: "-" leaves the file out, "+" takes
// it. A file that matches no rule is taken, unless the last rule is a "+". For example:
//
//   - "- *.tmp": everything but temporary files
//   - "+ *.jpg": only pictures
//   - "+ keep.log", "- *.log": everything but logs other than keep.log
//   - "- *.tmp", "+ data/**": the files in data without temporary files
//
// Patterns are matched with the name below the tree's directory, never with a path on
// the disk, and mean the same on every bucket:
//
//   - "*" matches any characters but "/", and "?" one of them.
//   - "[a-c]" matches one character of a set, and "[!a-c]" one that is not in it.
//   - "\*" matches the character itself.
//   - "**" as a whole element matches any number of directories, also none; at the end
//     of a pattern it matches everything in the directory.
//   - "a/b" and "/a", patterns with a slash, begin at the tree's directory; "a",
//     without one, matches at any depth.
//   - "a/" matches a directory only.
//
// A pattern that matches a directory matches everything in it. Case matters. Files that
// a filter leaves out are neither copied nor deleted, on either side, unless
// Options.DeleteExcluded is set.
//
// A pattern that matches no file isn't an error. If all files are left out, Result.NoFiles
// says so. An empty list of rules that isn't nil takes no file, so that a program that
// makes the rules of a list of names does nothing if the list is empty. For names that
// must all exist, call CopyFile, which is ErrNotExist for a missing one.
//
// A directory in which a filter leaves everything out, such as "- node_modules/" or
// "- **/.git/**", is not read on a local disk, in memory and in package iofs, and need not
// be readable. The listing of a service, and of a bucket with a layer, is read to its end.
//
// # Large files
//
// A run that is interrupted or killed inside a file of at least Options.ResumeSize, 64
// MiB by default, is continued by the next run of the same plan: at most a tenth of the
// file is read and sent again, also after three kills. But each of them may lose one
// part, which has at least 5 MiB on S3 and Google Cloud Storage. The file is an upload
// of package files/resume to the target, whose token is kept in Options.StateDir. A
// local folder as the target has its own place for it, in its hidden control folder,
// .cloudfiles.attrs. For other targets set StateDir, for example to [DefaultStateDir].
//
// The next run looks at what the source has now. If its version, size or time is
// another, or the options of the copy are, the old parts are removed and the file begins
// anew: two versions are never mixed. Until the copy is complete, the target has the old
// file or none, and no listing shows the parts. Progress.Resumed counts what earlier
// runs have copied, and EventResumed reports it.
//
// If nobody continues a copy for a week, the next successful run with the same target
// and StateDir abandons it, and removes its parts. A copy begins anew
//
//   - if the target has no uploads in parts (see package files/resume): the Go CDK's
//     drivers, layers that change the bytes, Google Cloud Storage with NoOverwrite
//   - if the source has no versions or no conditional reads (Features): what was copied
//     is read again and compared, but not sent again
//   - on Windows, which has no locks that end with a process
//   - if two runs copy the file at the same time, for the second one
//
// A copy inside one store is the service's work, and isn't continued.
//
// # What it promises
//
//   - Each file is all or nothing, as with Put (P1). An interrupted run leaves no half
//     of a file, and another run does the rest.
//   - A file that fails doesn't stop the others. The error names it.
//   - Sync deletes last, only files that it has listed, and only the listed version
//     (with the exceptions below). It deletes nothing if either listing fails, if the
//     source has no files, or if there are more deletions than Options.MaxDeletes. A
//     folder on disk that can't be read is such a failure of the listing: the files
//     elsewhere are copied, and the error names the folder.
//   - Nothing is left out silently. An object whose key isn't a legal name (L7), such
//     as the marker "abc/" of an empty folder, is a change with the action "skip", unless
//     the filter leaves its key out. A name that the target can't hold fails. Links,
//     devices and pipes in a folder are not files (N5): a bucket doesn't list them, and
//     iofs.FromFS reports them.
//   - Content type, headers and metadata are copied with the content, unless the target
//     stores none (Features.Attributes).
//   - Two trees of one store that overlap are refused, and so are two local folders of
//     which one contains the other, also if package iofs reads one of them.
//   - Two runs to one target at the same time are safe: each file comes whole from one
//     of the two runs. With Options.NoOverwrite, the second of two that store one name
//     reports files.ErrExist.
//   - What an unfinished download has left in a folder, .download-….tmp or .resume-….part,
//     is neither copied (the action is "skip") nor deleted, except by Remove.
//
// # What it can't keep
//
//   - A run isn't atomic: while it lasts, and after a failure, the target has some new
//     files and some old ones.
//   - After a kill, S3 and Google Cloud Storage keep the parts of unfinished uploads, and
//     charge for them. After the end of the context they keep only the parts of large
//     files, which the next run continues. A lifecycle rule of the service removes these
//     parts, and so does resume.AbortStale. Apply waits until all other uploads are
//     removed (X2).
//   - Remove, and Sync with Options.MayLoseConcurrentPut, delete by name. A file that is
//     put under a listed name meanwhile is deleted too.
//   - If the target can't delete a certain version (Features.DeleteIfVersion), or lists
//     a file without a version, Sync compares the version, or else size and time, by a
//     Stat just before it deletes the file by name. A file that is put between the two
//     requests is deleted too.
//   - Modes, owners and links of a folder on disk are not part of a bucket's files.
//     iofs.FromFS can store modes in the metadata, and can follow links.
//
// # What it costs
//
// If there is nothing to do, a run by time and size makes the requests of the two
// listings, and no other. A listing of a service that has more than three pages makes
// four requests at a time (Options.ParallelList). It then takes at most a third more
// requests than one page after the other, plus two. If the bucket can copy (C1), the
// content of a copy inside one store doesn't pass through this process. Any other copy
// is a Get and a Put.
//
// Memory is bounded: a run holds some thousand changes. It reads both listings at the
// same time, in byte order, while it compares and copies files. The listing of a bucket
// that doesn't list in order (Features.Ordered is false) is the exception: it is held
// in memory whole, and sorted. Deletions wait in memory up to 4 MiB, and beyond that in
// a temporary file. The parts of all large files together have at most 128 MiB.
//
// A large file that is copied to a local folder is written there once, and needs room for
// itself only. If the file system has no extended attributes, it is on the disk twice while
// it is completed. The package links only this module and the standard library.
package transfer
