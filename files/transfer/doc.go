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
// A [Plan] comes from [Copy], which adds and replaces files, from [Move], which deletes
// the source's files once they are copied, from [Sync], which also deletes what the source
// doesn't have, or from [Remove]. [Plan.Changes] yields each [Change] with its [Reason], and
// [Plan.Apply] carries all of them out. [Plan.ApplyChanges] carries chosen ones out, and
// [Plan.Events] yields what happens meanwhile. Package files/iofs makes a source
// of any fs.FS.
//
// # What holds for every run
//
//   - Each file is all or nothing, as with Put (P1). A run that breaks off, whatever
//     breaks it, leaves no half of a file, and another run finds and does the rest.
//   - A file that fails doesn't stop the others. Its name is in the error.
//   - Sync deletes last, only files that it has listed, and only the version that it has
//     listed. A listing that fails, on either side, deletes nothing. Neither does a source
//     without files, or a number of deletions beyond Options.MaxDeletes.
//   - Nothing is left out silently. An object whose key isn't a legal name (L7), such as
//     the marker "abc/" of an empty folder, is a change with the action "skip". A name that
//     the target can't hold fails. Links, devices and pipes in a folder are not files (N5):
//     a bucket doesn't list them, and iofs.FromFS reports them.
//   - Content type, headers and metadata are copied with the content, except to a target
//     that stores none (Features.Attributes). Inside one store the content doesn't pass
//     through this process, if the bucket can copy (C1).
//   - Two trees of one store that overlap are refused. Two local folders of which one is
//     in the other are not recognized if they were opened as buckets of their own.
//   - A run takes memory for some thousand changes, not for all of them. Both listings are
//     read at the same time, in byte order, while files are compared and copied. Only the
//     listing of a bucket without an order (Features.Ordered) is held whole, and sorted.
//     Deletions that wait, beyond 4 MiB, wait in a temporary file.
//   - With nothing to do, a run by time and size makes the requests of the two listings,
//     and no other.
//
// Two runs to one target at the same time do no harm: each file is that of one of them,
// whole. With Options.NoOverwrite, the second of two that store one name reports
// files.ErrExist.
//
// # Which time decides
//
// A bucket's time of a file is when it was put (V2), so a copy is always newer than what
// it was copied from. By default (ByTime) a file of the same size is compared so, with the
// times cut to the coarser Features.TimeResolution of both sides:
//
//   - The target's time is later than the source's: the files are the same.
//   - The source's time is later: it is copied. That is done even if only its time was
//     changed.
//   - The times are equal, one is missing, or the source's lies in the future: digests
//     decide, by a Stat of each side. If there are none in common, the source's time in the
//     target's metadata decides, or else the file is copied. A copy of a file that was just
//     changed waits for the next unit of the resolution, at most two seconds, so that the
//     times aren't equal.
//
// What this doesn't see is a file that was replaced by one of the same size with an older
// time, as a restored backup is. ByStoredTime sees it, by one request a file: the copy
// stores the source's time in its metadata, under rclone's key "mtime". ByDigest and
// ByContent don't look at times. If the two clocks may differ, Options.ClockSkew says by
// how much: AWS accepts 15 minutes.
//
// Modes, owners and links of a folder on disk are not part of a bucket's files.
// iofs.FromFS can store modes and times in the metadata, and can follow links.
//
// # Filters
//
// Options.Filter is a list of rules. A rule is "- " or "+ " and a pattern; the first rule
// whose pattern matches a file's name decides: "-" leaves it out, "+" takes it. A file that
// no rule matches is taken, unless the last rule is a "+": so {"- *.tmp"} is everything but
// temporary files, {"+ *.jpg"} only pictures, {"+ keep.log", "- *.log"} everything but
// other logs, and {"- *.tmp", "+ data/**"} what is in data, without temporary files.
//
// Patterns are matched with the name below the tree's directory, never with a path on the
// disk, and mean the same on every bucket:
//
//   - "*" matches any characters but "/", and "?" one of them.
//   - "[a-c]" matches one character of a set, and "[!a-c]" one that is not in it.
//   - "\*" matches the character itself.
//   - "**" as a whole element matches any number of directories, also none; at the end of a
//     pattern it matches everything in the directory.
//   - "a/b" and "/a", patterns with a slash, begin at the tree's directory; "a", without
//     one, matches at any depth.
//   - "a/" matches a directory only.
//
// A pattern that matches a directory matches everything in it. Letters match in their own
// case only. What a filter leaves out is neither copied nor deleted, on either side, unless
// Options.DeleteExcluded is set. The listings are read whole all the same.
package transfer
