// Package local keeps files in a folder of the local disk. It opens file:// URLs:
//
//	import _ "cloudfiles.dev/drivers/local"
//	b, err := files.Open(ctx, "file:///var/lib/app?create_dir=1")
//
// The bucket stays bound to the folder that was opened. After the folder is removed or
// renamed, or another disk is mounted over it, every method returns files.ErrNoBucket.
//
// # What is on disk
//
// The folder is an ordinary folder: the bucket's file "notes/day14.txt" is the file
// notes/day14.txt in it, and a folder of files that other programs wrote can be opened
// as a bucket. Besides the files there are:
//
//   - A sidecar, day14.txt.attrs, which holds metadata, headers, and a content type
//     that can't be found from the name and the content. It has the format of the Go
//     CDK's fileblob, so the driver opens fileblob's folders, and fileblob reads what
//     the driver writes.
//   - The file's record, an extended attribute, which holds digests, and a second copy
//     of the metadata if that is small. The record is used only if it belongs to the
//     content. A sidecar that another program edited overrides it. A damaged sidecar is
//     files.ErrCorrupt; a missing sidecar is restored from the record.
//   - Names that begin with "%cf-", which stand for names that the disk can't hold
//     unchanged.
//   - The control folder, .cloudfiles.attrs, which the first write makes. It holds
//     locks, unfinished uploads, and, in states.attrs, what package transfer needs to
//     continue. The control folder and sidecars are never listed.
//
// The driver never writes files with the following names. If another program has stored
// such a file, it is listed only as foreign (files.ListOptions.Foreign):
//
//   - names that aren't UTF-8
//   - elements of 250 to 255 bytes (the driver's long elements leave room for the
//     sidecar's suffix), and of 242 bytes or more if they end in ".attrs"
//   - everything in a folder whose name ends in ".attrs"
//   - names that fileblob has escaped
//
// # Versions
//
// The version of a file that was put consists of its time and size. The version of a
// file that another program wrote also contains its inode number and the time of its
// last change. So it changes whenever the file is written or replaced, whatever time
// the file was given. It also changes after a chmod, and when the file is renamed to
// make room for a folder of its name. A copy that another program makes of the file has
// another version. A program that writes into a file that was put, and then restores
// the file's old time, damages the file: reading it whole is files.ErrCorrupt.
//
// # File systems
//
// ext4, xfs, btrfs, f2fs, tmpfs and overlayfs keep every name unchanged. On any other
// file system, a bucket tests before its first write, in the control folder:
//
//   - whether the file system takes several spellings for one name
//   - whether it refuses characters, or removes a dot at the end
//   - how long a name may be
//   - the resolution of its times
//
// The result is noted in the control folder, because all programs that write there must
// encode names in the same way. Until there is a note, times are truncated to two
// seconds, as Features.TimeResolution says. If the disk takes several spellings for one
// name, the first one that is put is stored unchanged, and the others get a name that
// begins with "%cf-c-". So a camera's IMG_0001.JPG has that name for every program. To
// distinguish spellings, the driver lists the folder for each lookup of a file that
// exists, which is slow in large folders. The note holds for the whole bucket, so no
// folder in it should be on another kind of disk, or have the attribute casefold if its
// parent doesn't have it.
//
// # Other processes
//
// Every rule of the contract also holds between processes that share the folder, or a
// folder that contains it, if the file system can lock directories or files. If it can
// lock neither, conditional writes return errors.ErrUnsupported. On a network file
// system, machines exclude each other if they open the same folder. Changes that other
// programs make in the folder are visible in the bucket. Nothing prevents other
// programs from changing a file while it is read; reading is then files.ErrChanged.
//
// # Permissions
//
// A file that replaces another keeps its mode, group, access list and, if the system
// allows it, its user. A user who couldn't read the old file can't read the new one at
// any moment. A new file gets the mode, group and access list that open(2) gives it in
// its folder. All users who may write in the folder may use the bucket, because the
// control folder has the mode and the group of the bucket's folder. If another user
// made the control folder before and doesn't share it, there is a second one beside it,
// .cloudfiles-u<uid>.attrs. When the last file of a folder is deleted, the folder is
// removed too, unless its mode shows that it wasn't made by a Put.
package local

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"runtime"
	"strings"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Options are the options of Open. The zero value is the default.
type Options struct {
	// CreateDir makes the folder and its parents if they are missing.
	CreateDir bool
	// DirFileMode is the mode, less umask, of every folder that is made; 0 is 0777.
	DirFileMode fs.FileMode
	// NoSync lets the operating system decide when written data reaches the disk. A
	// crash of the machine may then lose files whose Put has returned, or leave empty
	// files. A crash of the program alone loses nothing (P4).
	NoSync bool
	// AlwaysSidecar writes a sidecar for each file. It is for programs that read the
	// folder through fileblob, to which a file without a sidecar is
	// application/octet-stream.
	AlwaysSidecar bool
	// SkipMetadata never writes a sidecar. A Put with metadata, headers or a content
	// type that would need one is errors.ErrUnsupported.
	SkipMetadata bool
	// Signer makes signed URLs. If it is nil, signing is unsupported. Package localhttp
	// has a Signer.
	Signer Signer
}

// Open opens the bucket in the folder dir. It changes nothing, unless CreateDir makes
// the folder.
//
// Errors: files.ErrNoBucket if the folder is missing; files.ErrInvalid if dir isn't a
// folder; files.ErrPermission.
func Open(dir string, opts *Options) (files.Bucket, error) {
	b, err := open(dir, opts, fsys.OS())
	if err != nil {
		return nil, driver.NewError(files.OpOpen, dir, err)
	}
	return driver.New(b), nil
}

// open opens the backend on the file systems of sys.
func open(dir string, opts *Options, sys fsys.FS) (*backend, error) {
	b := &backend{
		resources: &resources{pages: pagesOver(sys)},
		sys:       sys,
		starting:  make(chan struct{}, 1),
	}
	if opts != nil {
		b.opts = *opts
	}
	if b.opts.SkipMetadata && b.opts.AlwaysSidecar {
		return nil, driver.Errorf(files.ErrInvalid,
			"sidecars can't be written both always and never")
	}
	if b.opts.DirFileMode == 0 {
		b.opts.DirFileMode = 0o777
	}
	if dir == "" {
		return nil, driver.Errorf(files.ErrInvalid,
			"the path of the folder is empty; write . for the current folder")
	}
	if strings.ContainsRune(dir, 0) {
		return nil, driver.Errorf(files.ErrInvalid, "the path has a NUL, which no path may have")
	}
	path, err := filepath.Abs(dir) // a later change of directory doesn't matter
	if err != nil {
		return nil, driver.WithCause(files.ErrInvalid, err, "the folder can't be made absolute")
	}
	b.path = path
	var r retries
	for {
		b.root, b.rootStat, err = openRootDir(sys, path, &b.opts)
		if err == nil {
			b.fineTimes = b.root.Kind().FineTimes()
		}
		if err == nil && b.claimRoot() {
			b.mountRoot = isMountRoot(sys, path, b.root, b.rootStat)
			if b.root, err = b.disk.detect(b.root); err != nil {
				b.root.Close()
				return nil, err
			}
			b.identity = storeOf(sys, b.rootStat, path)
			b.forgotten = runtime.AddCleanup(b, (*resources).forget, b.resources)
			return b, nil
		}
		if err == nil { // the folder was removed with its last file before it was claimed
			b.root.Close()
			err = errRetry
		}
		if errors.Is(err, errRetry) {
			err = r.again(context.Background(), err)
		}
		if err != nil {
			return nil, err
		}
	}
}

func openRootDir(sys fsys.FS, path string, opts *Options) (fsys.Dir, fsys.Stat, error) {
	st, err := sys.StatRoot(path)
	if isNotExist(err) && opts.CreateDir {
		err = sys.MkdirAll(path, opts.DirFileMode, !opts.NoSync)
		if isNotExist(err) {
			return nil, st, retryLookup(err)
		}
		if err != nil {
			return nil, st, mapError(err)
		}
		st, err = sys.StatRoot(path)
	}
	switch {
	case isNotExist(err):
		return nil, st, driver.WithCause(files.ErrNoBucket, err,
			"the folder does not exist; create_dir=1 (Options.CreateDir) would make it")
	case fsys.IsNotDirectory(err), err == nil && st.Type != fsys.Directory:
		return nil, st, driver.Errorf(files.ErrInvalid, "the path leads to a file, not to a folder")
	case err != nil:
		return nil, st, mapError(err)
	}
	root, err := sys.OpenRoot(path)
	if isNotExist(err) {
		return nil, st, retryLookup(err)
	}
	if err != nil {
		return nil, st, mapError(err)
	}
	if st, err = root.Stat(); err != nil {
		root.Close()
		return nil, st, mapError(err)
	}
	return root, st, nil
}
