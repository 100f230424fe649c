// Package local keeps a bucket in a folder of the local disk: file:// URLs.
//
//	import _ "cloudfiles.dev/drivers/local"
//	b, err := files.Open(ctx, "file:///var/lib/app?create_dir=1")
//
// The folder stays an ordinary one: the file "notes/day14.txt" is the file
// notes/day14.txt in it, and a folder of files that other programs wrote is a bucket.
// Metadata, headers and a content type that the name and the content don't tell lie in
// a sidecar, day14.txt.attrs, in the form of the Go CDK's fileblob, whose folders open
// as they are and which reads what is written here. Digests, and once more such
// metadata as is small, are kept in an extended attribute, the file's record, which
// counts where it belongs to the content. A sidecar that somebody edited counts more;
// one that can't be read any more is files.ErrCorrupt, and one that is gone is made
// good by the record.
//
// The version of a file that was put is told by its time and size. That of a file which
// others wrote has its inode and the time of its last change too, so it is another
// whenever the file was written or replaced, whatever time it was given, and also after
// a chmod, a copy, or when the file makes way for a folder of its name. Who writes into
// a file that was put, and gives it its old time back, damages it: reading it whole is
// files.ErrCorrupt.
//
// What a disk can't hold as it is has a name that begins with "%cf-"; the folder
// .cloudfiles.attrs, made by the first write, holds locks and unfinished uploads.
// Neither is ever listed.
//
// What other programs put there under names that are not the ones written here shows
// only as foreign (files.ListOptions.Foreign): names that aren't UTF-8, elements of 250
// to 255 bytes (here, long elements leave room for the sidecar's suffix), whatever lies
// in a folder whose name ends in ".attrs", and what fileblob has escaped.
//
// File systems differ. ext4, xfs, btrfs, f2fs, tmpfs and overlayfs keep every name as
// it is. What another one does is tried out in the control folder by each session
// before its first write: whether it takes several spellings for one name, refuses
// characters, cuts a dot at the end, how long a name may be, how fine its times are.
// The result is noted in the control folder, because all who write there must encode
// names in the same way. Where spellings fold, the first keeps its place and others get
// one that begins with "%cf-c-"; so a camera's IMG_0001.JPG is that file for everybody.
// Until there is a note, times are claimed, and cut, to two seconds. To tell spellings
// apart, a folder has to be listed for each look at a file that is there, which is slow
// in large ones. What is found holds for the whole bucket, so no folder in it should be
// another kind of disk, or have casefold set while its parent has not.
//
// Every rule of the contract is kept, also between processes that share the folder or
// one that it lies in, as long as directories or files can be locked; where neither
// can, conditional writes answer errors.ErrUnsupported. On a network's file system,
// machines exclude each other where they open the same folder. Programs that change the
// folder by other means are seen, but nothing holds them back from changing a file
// while it is read: that is files.ErrChanged.
//
// A file that replaces another keeps its mode, group, access list and, where the system
// allows it, its user; at no moment can anybody read it who couldn't read the old one.
// A new file has what open(2) gives it in its folder. Whoever may write in the folder
// may use the bucket: the control folder has the mode and the group of the bucket's
// folder, and where another user made it before and doesn't share it, there is one of
// one's own beside it, .cloudfiles-u<uid>.attrs. A folder that no Put would have made,
// by its mode, stays when its last file goes.
//
// The folder is the one that was opened: when it is removed, renamed or another disk is
// mounted over it, every method answers files.ErrNoBucket.
package local

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"runtime"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Options are the options of Open. The zero value is the default.
type Options struct {
	// CreateDir makes the folder, and its parents, if it is missing.
	CreateDir bool
	// DirFileMode is the mode, less umask, of every folder that is made; 0 is 0777.
	DirFileMode fs.FileMode
	// NoSync leaves it to the system when what was written reaches the disk: a crash of
	// the machine may then lose acknowledged writes, or leave empty files. A crash of
	// the program alone loses nothing (P4).
	NoSync bool
	// AlwaysSidecar writes a sidecar for each file, for programs that read the folder
	// through fileblob, to which a file without one is application/octet-stream.
	AlwaysSidecar bool
	// SkipMetadata never writes a sidecar: a Put with metadata, headers or a content
	// type that would need one is errors.ErrUnsupported.
	SkipMetadata bool
	// Signer makes signed URLs; with nil there are none. Package localhttp has one.
	Signer Signer
}

// Open opens the bucket in the folder dir. It makes no change but for CreateDir.
//
// Errors: files.ErrNoBucket if the folder is missing, files.ErrInvalid if it is no
// folder, files.ErrPermission.
func Open(dir string, opts *Options) (files.Bucket, error) {
	b, err := open(dir, opts, fsys.OS())
	if err != nil {
		return nil, files.NewError(files.OpOpen, dir, err)
	}
	return driver.New(b), nil
}

// open opens the backend over a seam.
func open(dir string, opts *Options, sys fsys.FS) (*backend, error) {
	b := &backend{
		belongings: &belongings{pages: pagesOver(sys)},
		sys:        sys,
		starting:   make(chan struct{}, 1),
	}
	if opts != nil {
		b.opts = *opts
	}
	if b.opts.SkipMetadata && b.opts.AlwaysSidecar {
		return nil, files.Errorf(files.ErrInvalid,
			"sidecars can't be written both always and never")
	}
	if b.opts.DirFileMode == 0 {
		b.opts.DirFileMode = 0o777
	}
	if dir == "" {
		return nil, files.Errorf(files.ErrInvalid,
			"the folder is empty; write . for the current one")
	}
	path, err := filepath.Abs(dir) // a later change of directory doesn't matter
	if err != nil {
		return nil, files.WithCause(files.ErrInvalid, err, "the folder can't be made absolute")
	}
	b.path = path
	var r retries
	for {
		b.root, b.rootStat, err = openFolder(sys, path, &b.opts)
		if err == nil {
			b.fineTimes = b.root.Kind().FineTimes()
		}
		if err == nil && b.settle() {
			b.mountRoot = isMountRoot(sys, path, b.root, b.rootStat)
			if b.root, err = b.disk.look(b.root); err != nil {
				b.root.Close()
				return nil, err
			}
			b.forgotten = runtime.AddCleanup(b, (*belongings).forget, b.belongings)
			return b, nil
		}
		if err == nil { // it was removed with its last file before it was claimed
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

func openFolder(sys fsys.FS, path string, opts *Options) (fsys.Dir, fsys.Stat, error) {
	st, err := sys.StatRoot(path)
	if isNotExist(err) && opts.CreateDir {
		err = sys.MkdirAll(path, opts.DirFileMode, !opts.NoSync)
		if isNotExist(err) {
			return nil, st, lookAgain(err)
		}
		if err != nil {
			return nil, st, fault(err)
		}
		st, err = sys.StatRoot(path)
	}
	switch {
	case isNotExist(err):
		return nil, st, files.WithCause(files.ErrNoBucket, err,
			"the folder does not exist; create_dir=1 (Options.CreateDir) would make it")
	case fsys.IsNotDirectory(err), err == nil && st.Type != fsys.Directory:
		return nil, st, files.Errorf(files.ErrInvalid, "there is a file where the folder should be")
	case err != nil:
		return nil, st, fault(err)
	}
	root, err := sys.OpenRoot(path)
	if isNotExist(err) {
		return nil, st, lookAgain(err)
	}
	if err != nil {
		return nil, st, fault(err)
	}
	if st, err = root.Stat(); err != nil {
		root.Close()
		return nil, st, fault(err)
	}
	return root, st, nil
}
