package transfer

import (
	"time"

	"cloudfiles.dev/files"
)

// Compare says how a file that both sides have is compared. Files of unlike sizes always
// differ.
type Compare int

const (
	// ByTime takes a target for the same file if it was written after the source's file
	// was last changed; see "Which time decides" in the package documentation. It makes
	// no request a file, unless the times are equal or can't be true: then digests
	// decide, by one Stat of each side.
	ByTime Compare = iota
	// BySize compares the sizes only.
	BySize
	// ByStoredTime compares the source's time with the one that the target's metadata
	// has under the key "mtime", by one Stat of the target. Any difference copies, also
	// an older source. It includes Options.StoreTime.
	ByStoredTime
	// ByDigest compares a digest of the whole content that both sides have, by one Stat
	// of each side. If they have none in common the file is not compared: it is copied,
	// with ReasonNoDigest.
	ByDigest
	// ByContent reads both files and compares every byte.
	ByContent
	// ByDigestOrContent is ByDigest, and ByContent for files without a digest in common,
	// as files in a folder are that other programs wrote.
	ByDigestOrContent
)

// Options are the options of Copy, Move, Sync and Remove. The zero value takes every
// file and compares by size and time. Options are neither kept nor changed by a Plan;
// what they refer to must not change while the plan is used.
type Options struct {
	// Compare says how files that both sides have are compared. Move never trusts times:
	// it compares by digest where ByTime, BySize or ByStoredTime is set.
	Compare Compare
	// Filter are rules such as "- *.tmp" and "+ data/**", of which the first that matches
	// a name decides; see "Filters" in the package documentation. What is left out is
	// neither copied nor deleted, on either side.
	Filter []string
	// Select, if not nil, chooses among the source's files. What it leaves out is neither
	// copied nor deleted.
	Select func(files.Entry) bool
	// DeleteExcluded lets Sync delete files of the target that Filter leaves out.
	DeleteExcluded bool

	// NoOverwrite keeps every file that the target has. If the bucket can, that is
	// decided at the write (P8).
	NoOverwrite bool
	// KeepNewer keeps a file of the target that was written after the source's file was
	// last changed, even if the sizes differ.
	KeepNewer bool
	// StoreTime stores the source's time in the target's metadata, under the key
	// "mtime": seconds since 1970 as a decimal number, as rclone does on S3. A source
	// that has the key already keeps it. Such a copy passes through this process.
	StoreTime bool
	// ContentOnly copies the bytes alone, without content type, headers and metadata. A
	// bucket that stores none (Features.Attributes) gets the bytes alone anyway.
	ContentOnly bool

	// MaxDeletes is how many files Sync or Remove may delete. If more are due, none is
	// deleted, and the error is a *DeleteLimitError. 0 is no limit.
	MaxDeletes int64
	// AllowEmptySource lets Sync delete everything when the source has no file left after
	// the filters. Without it that is a *DeleteLimitError too, because an empty source is
	// more often a mistake.
	AllowEmptySource bool
	// MayLoseConcurrentPut lets Move work if the source can't delete a certain version,
	// as files.CopyOptions says, and lets Sync delete by name, many files in one
	// request, where it otherwise takes a request a file to delete only the version
	// that was listed. A file that somebody puts under such a name meanwhile may be
	// lost.
	MayLoseConcurrentPut bool

	// Parallel is how many files are copied, compared or deleted at a time; 0 is 16.
	Parallel int
	// MaxErrors ends Apply after so many files have failed; 0 is 1000. What cannot go on
	// for any file, such as a full disk, ends it at once.
	MaxErrors int64
	// DryRun lets Apply do everything but write: it reports what it would have done.
	DryRun bool
	// ClockSkew is how far the clocks of source and target may differ. ByTime then lets
	// digests decide where the times are closer together. 0 trusts both clocks.
	ClockSkew time.Duration
	// Progress, if not nil, is called with every event of Apply, one call at a time. It
	// should return soon, because the transfer waits for it.
	Progress func(Event)
}

const (
	defaultParallel  = 16
	maxParallel      = 1024
	defaultMaxErrors = 1000
)

func (o *Options) check() error {
	switch {
	case o.Compare < ByTime || o.Compare > ByDigestOrContent:
		return invalid("unknown comparison %d", o.Compare)
	case o.Parallel < 0 || o.Parallel > maxParallel:
		return invalid("%d files at a time; at most %d are possible", o.Parallel, maxParallel)
	case o.MaxDeletes < 0 || o.MaxErrors < 0:
		return invalid("a negative limit")
	case o.ClockSkew < 0:
		return invalid("a negative clock skew")
	case o.ContentOnly && o.StoreTime:
		return invalid("ContentOnly stores no metadata, so StoreTime has no place")
	}
	return nil
}

func (o *Options) complete() {
	if o.Parallel == 0 {
		o.Parallel = defaultParallel
	}
	if o.MaxErrors == 0 {
		o.MaxErrors = defaultMaxErrors
	}
}
