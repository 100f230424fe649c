// Package iofs makes a bucket of any fs.FS: an embed.FS, a zip, os.DirFS or a test's
// fstest.MapFS. It can be read, listed, served, mounted beside others (package
// files/mount) and copied from (package files/transfer), but not written:
//
//	//go:embed static
//	var static embed.FS
//
//	b, err := iofs.FromFS(static, &iofs.Options{Versions: iofs.ByContent})
//
// The way back, from a bucket to an fs.FS, is files.FS.
//
// # What it promises
//
//   - Names are the paths as they are, in byte order: "a-b" comes before "a/b". What the
//     local driver escapes on a disk is not understood.
//   - Links, devices, pipes and other entries that aren't regular files, and those whose
//     path isn't a legal name (N1), are never opened. They are not listed unless
//     ListOptions.Foreign asks for them, and nothing can be read there (N5, L7).
//   - A range is read by Seek or ReadAt, if the file has one of them; otherwise what is
//     in front of it is read and thrown away, as in a compressed zip.
//   - A file that changes while it is read is files.ErrChanged, as far as its size and
//     time show that.
//   - A directory that can't be read makes a listing fail after everything else (L9).
//
// # What it can't keep
//
// Nothing is written: every such call is ErrPermission, and Features.ReadOnly says so.
// An fs.FS has no versions. So Features claims none, and conditional reads, files.OpenAt
// and an ETag are missing, unless [Options].Versions says what to take for a version and
// what the caller promises for that. An fs.FS takes no context: a Read that blocks is not
// ended by it, except that of an *os.File.
//
// # What it costs
//
// A call is one Lstat or Open of the fs.FS, and one more Open if the name doesn't
// decide the content type (P6). A listing reads each directory whole and holds its
// names, and so does each page of it. With ByContent the first Stat, Get or listing of
// a file reads all of it. The package links package files and package driver alone.
package iofs

import (
	"io/fs"
	"reflect"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Versions says what a bucket takes for a file's version.
type Versions int

const (
	// NoVersions claims no versions, which is true of every fs.FS.
	NoVersions Versions = iota
	// ByContent is for files that never change, such as those of an embed.FS or a zip:
	// the version is the SHA-256 of the content. It is computed when a file is first
	// looked at, and kept. A read of a whole file is checked against it (G6): one whose
	// content has changed in spite of the promise is ErrCorrupt or ErrChanged.
	ByContent
	// ByTime is for file systems in which every change of a file changes its size or its
	// time, which the caller promises: that is the version. A file without a time, as in
	// an embed.FS, has no version, and what needs one is ErrUnsupported.
	ByTime
)

// Options are the options of FromFS. The zero value follows no links, stores no modes and
// claims no versions.
type Options struct {
	// FollowLinks takes what a symbolic link leads to for a file or a directory. A link
	// to a directory that it lies in is not followed: it is skipped like a device.
	FollowLinks bool
	// StoreModes gives each file the metadata "mode": type and permission as rclone
	// writes them, such as "100644".
	StoreModes bool
	// Versions says what is taken for a file's version.
	Versions Versions
}

// FromFS returns a bucket that reads the file system. opts may be nil. Closing the bucket
// closes nothing: a zip.ReadCloser is closed by the caller, after the bucket.
//
// Errors: ErrInvalid for a nil file system and for Versions that there are not.
func FromFS(fsys fs.FS, opts *Options) (files.Bucket, error) {
	s := &source{fsys: fsys}
	if opts != nil {
		s.opts = *opts
	}
	var err error
	switch v := reflect.ValueOf(fsys); {
	case !v.IsValid(), v.Kind() == reflect.Pointer && v.IsNil():
		err = files.Errorf(files.ErrInvalid, "the file system is nil")
	case s.opts.Versions < NoVersions || s.opts.Versions > ByTime:
		err = files.Errorf(files.ErrInvalid, "there are no Versions of the number %d",
			int(s.opts.Versions))
	}
	if err != nil {
		return nil, files.NewError(files.OpOpen, "", err)
	}
	return driver.New(s), nil
}
