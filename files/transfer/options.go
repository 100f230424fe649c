package transfer

import (
	"time"

	"cloudfiles.dev/files"
)

// Compare says how a file that both sides have is compared. Files of different sizes
// always differ.
type Compare int

const (
	// ByTime considers files the same if the target was written after the source's file
	// was last changed; see "Which time decides" in the package documentation. It makes
	// no request for a file, unless the times are equal or impossible: then digests
	// decide, by one Stat of each side.
	ByTime Compare = iota
	// BySize compares the sizes only.
	BySize
	// ByStoredTime compares the source's time with the target's metadata "mtime", by
	// one Stat of the target. If they differ, the file is copied, even if the source is
	// older. ByStoredTime implies Options.StoreTime.
	ByStoredTime
	// ByDigest compares a digest of the whole content, by one Stat of each side. If the
	// sides have no digest in common, the file is copied with ReasonNoDigest.
	ByDigest
	// ByContent reads both files and compares every byte.
	ByContent
	// ByDigestOrContent is ByDigest, and ByContent for files without a digest in
	// common, such as files that other programs wrote into a folder.
	ByDigestOrContent
)

// Options are the options of Copy, Move, Sync and Remove. The zero value takes every
// file and compares by size and time. A Plan has a copy of them; what their fields refer
// to must not change while the plan is used.
type Options struct {
	// Compare says how files that both sides have are compared. Move doesn't rely on
	// times and sizes: instead of ByTime, BySize and ByStoredTime it uses ByDigest.
	Compare Compare
	// Filter has rules such as "- *.tmp" and "+ data/**". The first rule that matches a
	// name decides; see "Filters" in the package documentation. Files that are left out
	// are neither copied nor deleted, on either side. nil takes every file, and an empty
	// list that isn't nil takes none.
	Filter []string
	// Select, if not nil, reports whether a file of the source is taken. Files that are
	// left out are neither copied nor deleted.
	Select func(files.Entry) bool
	// DeleteExcluded lets Sync delete files of the target that Filter leaves out.
	DeleteExcluded bool

	// NoOverwrite keeps every file that the target has. If the bucket supports
	// IfAbsent, that is decided at the commit (P8).
	NoOverwrite bool
	// KeepNewer keeps a file of the target that was written after the source's file was
	// last changed, even if the sizes differ.
	KeepNewer bool
	// StoreTime stores the source's time in the target's metadata, under the key
	// "mtime": seconds since 1970 as a decimal number, as rclone does on S3. If the
	// source has the key already, its value is kept. Such a copy passes through this
	// process. ByTime stores the time of a file in the future without this option.
	StoreTime bool
	// ContentOnly copies the bytes alone, without content type, headers and metadata. A
	// target that stores none (Features.Attributes) gets the bytes alone in any case.
	ContentOnly bool

	// MaxDeletes is how many files Sync or Remove may delete. If more are due, none is
	// deleted, and the error is a *DeleteLimitError. 0 is no limit.
	MaxDeletes int64
	// AllowEmptySource lets Sync delete everything if the source has no file after the
	// filters. Otherwise that is a *DeleteLimitError too, because an empty source is
	// usually a mistake.
	AllowEmptySource bool
	// MayLoseConcurrentPut lets Move work if the source can't delete a certain version,
	// as in files.CopyOptions. It also lets Sync delete by name, many files in one
	// request; otherwise Sync takes a request for each file, or two if the target can't
	// delete a certain version, to delete only the listed version. A file that is put
	// under such a name meanwhile may be lost.
	MayLoseConcurrentPut bool

	// Parallel is the number of files that are copied, compared or deleted at a time,
	// at most 1024; 0 is 16.
	Parallel int
	// ParallelList is how many requests at a time the listing of each tree may make, at
	// most 256, if it has more than three pages (files.ListOptions.Parallel); 0 is 4,
	// and 1 lists one page after the other. Memory grows with it. The order of the
	// changes doesn't depend on it.
	ParallelList int
	// MaxErrors is the number of failed files after which Apply ends; 0 is 1000. An
	// error that affects all files, such as a full disk, ends Apply at once.
	MaxErrors int64
	// DryRun makes Apply do everything but write: it reports what it would have done.
	DryRun bool
	// StateDir is a folder on disk in which a run notes how far it is with large files,
	// so that the next run with the same StateDir continues them; see "Large files" in
	// the package documentation. It is made if it is missing, and only this user may
	// write to it. "" is a hidden folder of the target if that is a local folder, and
	// otherwise none: then large files begin anew.
	StateDir string
	// ResumeSize is the size in bytes from which a file is large; 0 is 64 MiB.
	ResumeSize int64
	// ClockSkew is how far the clocks of source and target may differ. If the times of
	// a file are closer together, ByTime lets digests decide. 0 means that the clocks
	// agree.
	ClockSkew time.Duration
	// Progress, if not nil, is called with every event of Apply, one call at a time. It
	// should return quickly, because the transfer waits for it.
	Progress func(Event)
}

const (
	defaultParallel  = 16
	maxParallel      = 1024
	defaultLists     = 4
	maxLists         = 256
	defaultMaxErrors = 1000
)

func (o *Options) check() error {
	switch {
	case o.Compare < ByTime || o.Compare > ByDigestOrContent:
		return invalid("unknown comparison %d", o.Compare)
	case o.Parallel < 0 || o.Parallel > maxParallel:
		return invalid("Parallel is %d, want 0 to %d", o.Parallel, maxParallel)
	case o.ParallelList < 0 || o.ParallelList > maxLists:
		return invalid("ParallelList is %d, want 0 to %d", o.ParallelList, maxLists)
	case o.MaxDeletes < 0 || o.MaxErrors < 0:
		return invalid("MaxDeletes or MaxErrors is negative")
	case o.ResumeSize < 0:
		return invalid("ResumeSize is negative")
	case o.ClockSkew < 0:
		return invalid("ClockSkew is negative")
	case o.ContentOnly && o.StoreTime:
		return invalid("ContentOnly stores no metadata, which StoreTime needs")
	}
	return nil
}

func (o *Options) complete() {
	if o.Parallel == 0 {
		o.Parallel = defaultParallel
	}
	if o.ParallelList == 0 {
		o.ParallelList = defaultLists
	}
	if o.ResumeSize == 0 {
		o.ResumeSize = defaultResumeSize
	}
	if o.MaxErrors == 0 {
		o.MaxErrors = defaultMaxErrors
	}
}
