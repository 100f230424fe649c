// Package iofs makes a bucket of any fs.FS, such as an embed.FS, a zip, os.DirFS or a
// test's fstest.MapFS. The bucket can be read, listed, served over HTTP, mounted beside
// other buckets (package files/mount) and copied from (package files/transfer), but it
// is read-only:
//
//	//go:embed static
//	var static embed.FS
//
//	b, err := iofs.FromFS(static, &iofs.Options{Versions: iofs.ByContent})
//
// The function files.FS does the opposite: it makes an fs.FS of a bucket.
//
// # What it promises
//
//   - A file's name is its path, unchanged. Listings are in byte order: "a-b" comes
//     before "a/b". The escapes of the local driver are not decoded.
//   - Links, devices, pipes and other entries that aren't regular files are never
//     opened, and neither are entries whose path isn't a legal name (N1). They are
//     listed only with ListOptions.Foreign, and can't be read (N5, L7).
//   - A range is read by Seek or ReadAt if the file has one of these methods.
//     Otherwise, as in a compressed zip, the bytes before the range are read and
//     discarded.
//   - If a file changes while it is read, reading is files.ErrChanged, as far as the
//     file's size and time show the change.
//   - If a directory can't be read, a listing yields everything else and then the error
//     (L9).
//   - A folder on disk, such as os.DirFS, and a local bucket of the same folder, or of one
//     around it or in it, have files in common: package transfer refuses to copy
//     between them, and so do the layers that join buckets.
//
// # What it can't keep
//
//   - Every write is ErrPermission, and Features.ReadOnly is true.
//   - An fs.FS has no versions. So by default Features claims none, and conditional
//     reads, files.OpenAt and ETags are unsupported. With Options.Versions a version is
//     made of the content or of the time, if the caller can promise what that requires.
//   - An fs.FS takes no context, so the end of a context doesn't interrupt a Read that
//     blocks, unless the file is an *os.File.
//
// # What it costs
//
// A call makes one Lstat or Open of the fs.FS, and one more Open if the name doesn't
// decide the content type (P6). A listing, and each page of it, reads whole directories
// and holds their names. With ByContent the first Stat, Get or listing of a file reads
// all of it. The package links only this module and the standard library.
package iofs

import (
	"io/fs"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/nils"
)

// Versions says what a bucket uses as a file's version.
type Versions int

const (
	// NoVersions claims no versions. It is right for every fs.FS.
	NoVersions Versions = iota
	// ByContent uses the SHA-256 of the content. The caller promises that files never
	// change, as in an embed.FS or a zip. The digest is computed at the first use of a
	// file, and kept. A whole read is checked against it (G6): a file that has changed
	// nevertheless is ErrCorrupt or ErrChanged.
	ByContent
	// ByTime uses the size and the time. The caller promises that every change of a
	// file changes one of them. A file without a time, as in an embed.FS, has no
	// version, and a call that needs one is ErrUnsupported.
	ByTime
)

// Options are the options of FromFS. The zero value follows no links, stores no modes and
// claims no versions.
type Options struct {
	// FollowLinks treats a symbolic link as the file or directory that it leads to. A
	// link to a directory that contains it is not followed: it is ignored like a
	// device.
	FollowLinks bool
	// StoreModes gives each file the metadata "mode": type and permission as rclone
	// writes them, such as "100644".
	StoreModes bool
	// Versions says what is used as a file's version.
	Versions Versions
}

// FromFS returns a bucket that reads the file system. It is safe for concurrent use if
// fsys is. opts may be nil. Closing the bucket doesn't close fsys: close a
// zip.ReadCloser yourself, after the bucket.
//
// Errors: ErrInvalid for a nil file system and for an unknown value of Versions.
func FromFS(fsys fs.FS, opts *Options) (files.Bucket, error) {
	s := &source{fsys: fsys}
	if opts != nil {
		s.opts = *opts
	}
	var err error
	switch {
	case nils.Is(fsys):
		err = driver.Errorf(files.ErrInvalid, "the file system is nil")
	case s.opts.Versions < NoVersions || s.opts.Versions > ByTime:
		err = driver.Errorf(files.ErrInvalid, "unknown Versions value %d",
			int(s.opts.Versions))
	}
	if err != nil {
		return nil, driver.NewError(files.OpOpen, "", err)
	}
	return driver.New(s), nil
}
