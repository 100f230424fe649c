package local

import (
	"context"
	"io/fs"
	"os"
	"runtime"
	"sync/atomic"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// backend is one handle of a folder.
type backend struct {
	*belongings
	forgotten runtime.Cleanup // gives them back where nobody closes the bucket

	sys      fsys.FS
	path     string // absolute
	rootStat fsys.Stat
	opts     Options
	disk     disk
	// mountRoot: the folder is the root of a file system, which may have a folder of
	// its own there.
	mountRoot bool
	fineTimes bool // each change of a file has another time

	checked atomic.Bool // the folder's format is known to be ours
	clock   clock
	noXattr atomic.Bool // found at the first write
	durable dirSet      // their own entries, up to the root, are known to be on disk
	swept   dirSet      // of another mount, and looked through for what dead sessions left
	// noExchange is found at the first write over a file.
	noExchange atomic.Bool
	noUnnamed  atomic.Bool // found at the first write
	replaces   atomic.Bool // the last commit has replaced a file

	volume      fsys.Volume
	byDir       bool        // folders are locked by their directories
	byFile      bool        // folders are locked by the lock file, beside or instead
	noFileLocks atomic.Bool // files can't be locked
	queues      queues

	starting chan struct{} // holds a token while a session is made
}

var (
	_ driver.Backend     = (*backend)(nil)
	_ driver.Copier      = (*backend)(nil)
	_ driver.Identifier  = (*backend)(nil)
	_ driver.Checker     = (*backend)(nil)
	_ driver.Aser        = (*backend)(nil)
	_ driver.Signer      = (*backend)(nil)
	_ driver.ManyDeleter = (*backend)(nil)
)

// Features reports what is known of the folder's locks. They are tried when the folder
// is opened, and those of files at the first write that needs them.
func (b *backend) Features() files.Features {
	locks, signs := !b.lockless(), b.opts.Signer != nil
	return files.Features{
		MaxName:           files.MaxName,
		TimeResolution:    b.disk.resolution,
		AnyName:           true,
		Atomic:            true,
		Durable:           !b.opts.NoSync,
		Versions:          true,
		VersionPerPut:     true,
		PutReturnsVersion: true,
		IfAbsent:          locks,
		IfVersion:         locks,
		DeleteIfVersion:   locks,
		ReadConditions:    true,
		OneVersionReads:   true,
		Attributes:        !b.opts.SkipMetadata,
		Digests:           true,
		Ordered:           true,
		DirBesideFile:     true,
		StatNoBucket:      true,
		ForeignKeys:       true,
		ServerCopy:        true,
		SignGet:           signs,
		SignPut:           signs,
		SignDelete:        signs,
		SignContentType:   signs,
	}
}

// Varied implements driver.Varying, since it is found out late whether locks work.
func (b *backend) Varied() uint64 {
	if b.lockless() {
		return 1
	}
	return 0
}

// store identifies a folder, no matter which path leads to it.
type store struct{ dev, ino uint64 }

// Store identifies the folder, so two handles of one folder are one store.
func (b *backend) Store() any { return store{b.rootStat.Dev, b.rootStat.Ino} }

// Check lists the first file: what prevents that also keeps a program from its files.
func (b *backend) Check(ctx context.Context) error {
	for _, err := range b.List(ctx, driver.ListRequest{Limit: 1}) {
		return err
	}
	return nil
}

// As gives the folder's fs.FileInfo, as fileblob does, or the Signer.
func (b *backend) As(target any) bool {
	if p, ok := target.(*Signer); ok && b.opts.Signer != nil {
		*p = b.opts.Signer
		return true
	}
	p, ok := target.(*fs.FileInfo)
	if !ok {
		return false
	}
	fi, err := os.Stat(b.path)
	if err != nil {
		return false
	}
	*p = fi
	return true
}

// alive reports whether the path still leads to the folder that was opened (E3), and
// that its format is ours. Every call begins here, since an unmounted disk must not
// look empty.
func (b *backend) alive() error {
	_, err := b.seeAlive()
	return err
}

// seeAlive is alive; it returns what it saw of the folder.
func (b *backend) seeAlive() (fsys.Stat, error) {
	st, err := b.sys.StatRoot(b.path)
	switch {
	case isNotExist(err), err == nil && !st.SameFile(b.rootStat), fsys.IsNotDirectory(err):
		return st, files.WithCause(files.ErrNoBucket, nil,
			"the folder was removed, renamed or hidden by a mount")
	case err != nil:
		return st, mapError(err)
	}
	if !b.disk.settled.Load() {
		if err := b.readNote(); err != nil {
			return st, err
		}
	}
	if b.checked.Load() {
		return st, nil
	}
	return st, b.checkFormat()
}

// Close removes what this handle has in the control folder.
func (b *backend) Close() error {
	b.forgotten.Stop()
	return mapError(b.giveBack())
}
