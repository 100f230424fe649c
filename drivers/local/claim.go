package local

import (
	"context"
	"errors"
	"time"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// A folder may be the root of one bucket and lie in another. Each handle claims its
// root, so that a delete in the outer bucket doesn't remove the folder with its last
// file.

var errClaimed = errors.New("the folder is the root of a bucket that is in use")

var errKept = errors.New("the folder was not made by a Put")

// claimRoot finds out which locks the folder has, and claims it. It reports whether the
// path still leads to the folder, which may have been removed before it was claimed.
func (b *backend) claimRoot() bool {
	b.volume = b.root.Volume()
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	err := b.root.TryLock()
	if errors.Is(err, fsys.ErrLocked) {
		err = waitLock(ctx, b.root.TryLock)
	}
	b.byDir = !errors.Is(err, errors.ErrUnsupported) && !fsys.IsExhausted(err)
	b.byFile = !b.byDir || !b.volume.Local
	claimed := b.root.Claim()
	if err == nil {
		b.root.Unlock()
	}
	// Claims and locks of files are of one kind, except on Windows, which has no claims.
	b.noFileLocks.Store(!b.byDir && !windows && errors.Is(claimed, errors.ErrUnsupported))
	st, err := b.sys.StatRoot(b.path)
	return err == nil && st.SameFile(b.rootStat) || err != nil && !isNotExist(err)
}

// lockless reports whether other processes can't be excluded.
func (b *backend) lockless() bool { return b.byFile && b.noFileLocks.Load() }

// conditional refuses a condition that can't be decided because there are no locks.
func (b *backend) conditional(c files.Condition) error {
	if b.lockless() && !c.IsZero() {
		return driver.Errorf(files.ErrUnsupported,
			"the folder's file system has no locks, so conditions can't be decided")
	}
	return nil
}

// rmdir removes the empty folder base in the folder d, unless it is the root of a
// bucket or no Put made it; path is its path in the bucket. Errors are the system's,
// except errClaimed and errKept.
func (b *backend) rmdir(ctx context.Context, d fsys.Dir, path, base string) error {
	child, err := d.OpenDir(base)
	if err != nil {
		return err
	}
	defer child.Close()
	if !b.madeByUs(d, child) {
		return errKept
	}
	lock, err := b.lockDirAlone(ctx, child, path)
	if err != nil {
		return err
	}
	defer lock.unlock()
	return rmdirLocked(d, base, child)
}

// rmdirNow is rmdir for a caller that already holds a lock: it doesn't wait for the
// folder's lock.
func (b *backend) rmdirNow(d fsys.Dir, base string) error {
	child, err := d.OpenDir(base)
	if err != nil {
		return err
	}
	defer child.Close()
	if b.byDir {
		if err := child.TryLock(); err == nil {
			defer child.Unlock()
		} else if !errors.Is(err, errors.ErrUnsupported) {
			return err
		}
	}
	return rmdirLocked(d, base, child)
}

func rmdirLocked(d fsys.Dir, base string, child fsys.Dir) error {
	if claimed, err := child.Claimed(); claimed && err == nil {
		return errClaimed
	}
	return d.Rmdir(base)
}
