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
	*resources
	forgotten runtime.Cleanup // releases the resources if the bucket is dropped without Close

	sys      fsys.FS
	path     string // absolute
	rootStat fsys.Stat
	identity *store // rootStat's
	opts     Options
	disk     disk
	// mountRoot reports that the folder is the root of a file system, which may keep a
	// folder for itself there, such as lost+found.
	mountRoot bool
	fineTimes bool // each change of a file gets another time

	checked atomic.Bool // the folder's format is known to be ours
	clock   clock
	noXattr atomic.Bool // found at the first write
	durable dirSet      // folders whose entries, up to the root, are known to be on disk
	// folders on another mount that were searched for what killed processes left
	swept dirSet
	// noExchange is found at the first write over a file.
	noExchange atomic.Bool
	noUnnamed  atomic.Bool // found at the first write
	replaces   atomic.Bool // the last commit replaced a file

	volume      fsys.Volume
	byDir       bool        // folders are locked by their directories
	byFile      bool        // folders are locked by the lock file, also or only
	noFileLocks atomic.Bool // files can't be locked
	queues      queues

	starting chan struct{} // holds a token while a staging folder is made
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

// Features reports what the bucket can do, as far as its locks are known: locks of
// directories are tried when the folder is opened, locks of files at the first write
// that needs one.
func (b *backend) Features() files.Features {
	locks, signs := !b.lockless(), b.opts.Signer != nil
	_, all := b.opts.Signer.(OptionSigner)
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
		SignHead:          all,
		SignResponse:      all,
		SignSize:          all,
		SignIfAbsent:      all && locks,
	}
}

// Varied implements driver.Varying, since the first write may find that locks don't work.
func (b *backend) Varied() uint64 {
	if b.lockless() {
		return 1
	}
	return 0
}

// Store identifies the folder, so two handles of one folder are one store.
func (b *backend) Store() any { return b.identity }

// Check lists the first file: whatever prevents that also prevents a program from using
// its files.
func (b *backend) Check(ctx context.Context) error {
	for _, err := range b.List(ctx, driver.ListRequest{Limit: 1}) {
		return err
	}
	return nil
}

// As returns the folder's fs.FileInfo, as fileblob does, or the Signer.
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

// alive returns an error unless the path still leads to the folder that was opened (E3)
// and the driver can use the folder's format. Every call begins here, since an
// unmounted disk must not look empty.
func (b *backend) alive() error {
	_, err := b.aliveStat()
	return err
}

// aliveStat is alive, and also returns the folder's Stat.
func (b *backend) aliveStat() (fsys.Stat, error) {
	st, err := b.sys.StatRoot(b.path)
	switch {
	case isNotExist(err), err == nil && !st.SameFile(b.rootStat), fsys.IsNotDirectory(err):
		return st, driver.WithCause(files.ErrNoBucket, nil,
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

// Close removes what the handle has in the control folder, and closes its files.
func (b *backend) Close() error {
	b.forgotten.Stop()
	return mapError(b.releaseAll())
}
