package local

import (
	"context"
	"errors"
	"runtime"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Delete removes the file, then its sidecar, then the folders that became empty. It
// creates nothing, so it works on a full disk.
func (b *backend) Delete(ctx context.Context, key driver.Key, ifVersion files.Version) error {
	defer runtime.KeepAlive(b)
	if err := b.alive(); err != nil {
		return err
	}
	p, err := b.knownPathsOf(ctx, key)
	if err != nil {
		return err
	}
	if ifVersion != "" {
		if err := b.conditional(files.IfVersion(ifVersion)); err != nil {
			return err
		}
	}
	var r retries
	for {
		err := b.tryDelete(ctx, &p, ifVersion)
		if fsys.IsBusy(err) {
			err = heldBy(err)
		}
		if !errors.Is(err, errRetry) {
			return err
		}
		if err := r.again(ctx, err); err != nil {
			return err
		}
	}
}

func noFile(ifVersion files.Version) error {
	if ifVersion != "" {
		return files.ErrPrecondition
	}
	return nil
}

func (b *backend) tryDelete(ctx context.Context, p *filePaths, ifVersion files.Version) error {
	d, err := b.openDir(p)
	if missing(err) {
		return noFile(ifVersion)
	}
	if err != nil {
		return mapError(err)
	}
	defer b.closeDir(d)
	lock, err := b.lockToDelete(ctx, d, p.dir, ifVersion)
	if err != nil {
		return err
	}
	defer lock.unlock()
	if ctx.Err() != nil {
		return driver.ContextError(ctx)
	}
	found, err := b.remove(d, p, &lock, ifVersion)
	lock.unlock()
	if err != nil || !found {
		return err
	}
	if err := b.syncDir(d); err != nil {
		return err
	}
	b.removeSidecar(ctx, d, p)
	b.removeParents(ctx, p)
	return nil
}

// lockToDelete is lockDir with one exception: if the lock file is needed and there is
// no room to make it, an unconditional delete proceeds without it.
func (b *backend) lockToDelete(ctx context.Context, d fsys.Dir, path string,
	ifVersion files.Version) (dirLock, error) {
	lock, err := b.lockDir(ctx, d, path)
	if b.byFile && ifVersion == "" && (fsys.IsFull(err) || fsys.IsReadOnly(err)) {
		return b.lockDirAlone(ctx, d, path)
	}
	return lock, err
}

// remove deletes the file under the lock, and reports whether there was something to
// delete. Older content under the other name is deleted first, and durably, so that it
// can't come back.
func (b *backend) remove(d fsys.Dir, p *filePaths, lock *dirLock,
	ifVersion files.Version) (found bool, err error) {
	c, err := b.findCurrent(d, p, true)
	if err != nil {
		return false, err
	}
	if ifVersion != "" {
		same, err := b.isVersion(d, &c, ifVersion)
		if err == nil && !same {
			err = files.ErrPrecondition
		}
		if err != nil {
			return false, err
		}
	}
	if c.exists && lock.lost() {
		return false, errRetry
	}
	for _, name := range c.garbage {
		if err := b.unlinkFile(d, name); err != nil {
			return false, err
		}
	}
	if len(c.garbage) > 0 {
		if err := b.syncDir(d); err != nil {
			return false, err
		}
	}
	if !c.exists {
		kind, err := b.sidecarAt(d, p)
		return kind == realSidecar, err
	}
	err = b.unlinkFile(d, c.name)
	if err == nil && b.opts.NoSync {
		b.unlinkSidecar(d, p)
	}
	return true, err
}

func (b *backend) unlinkFile(d fsys.Dir, name string) error {
	switch err := d.Unlink(name); {
	case missing(err):
		return nil
	case fsys.IsDirectory(err), fsys.IsStale(err):
		return retryLookup(err)
	default:
		return b.mapCommitError(err)
	}
}

// removeSidecar removes the sidecar of a file whose deletion is durable, unless there
// is a new file. The content never lacks its sidecar, and a sidecar that is left over
// describes no content.
func (b *backend) removeSidecar(ctx context.Context, d fsys.Dir, p *filePaths) {
	if kind, err := b.sidecarAt(d, p); err != nil || kind != realSidecar {
		return
	}
	lock, err := b.lockDir(ctx, d, p.dir)
	if err != nil {
		return
	}
	defer lock.unlock()
	if c, err := b.findCurrent(d, p, false); err == nil && !c.exists {
		b.unlinkSidecar(d, p)
	}
}

func (b *backend) unlinkSidecar(d fsys.Dir, p *filePaths) {
	if kind, err := b.sidecarAt(d, p); err == nil && kind == realSidecar {
		d.Unlink(p.sidecar())
	}
}
