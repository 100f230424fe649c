package local

import (
	"context"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Delete removes the file, then its sidecar, then the folders that became empty.
func (b *backend) Delete(ctx context.Context, key driver.Key, ifVersion files.Version) error {
	if err := b.alive(); err != nil {
		return err
	}
	p, err := b.place(key)
	if err != nil {
		return err
	}
	nothing, err := b.nothingAt(&p)
	if err != nil {
		return err
	}
	if nothing { // and no trace of a write is left in the folder
		return noFile(ifVersion)
	}
	for {
		s, err := b.begin(ctx, true)
		if err != nil {
			return err
		}
		if ifVersion != "" {
			if err := conditional(s, files.IfVersion(ifVersion)); err != nil {
				return err
			}
		}
		if err := b.tryDelete(ctx, s, &p, ifVersion); err != errRetry {
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

// nothingAt reports whether nothing of a file is there. It looks twice, as openAt does.
func (b *backend) nothingAt(p *spot) (bool, error) {
	d, err := b.folder(p)
	if missing(err) {
		return true, nil
	}
	if err != nil {
		return false, fault(err)
	}
	defer b.closeFolder(d)
	for range 2 {
		c, err := b.look(d, p, false)
		if err != nil || c.exists {
			return false, err
		}
	}
	kind, err := b.sidecarAt(d, p)
	return kind != ourSidecar, err
}

func (b *backend) tryDelete(ctx context.Context, s *session, p *spot, ifVersion files.Version) error {
	unlock, err := b.lockName(ctx, s, p.lock)
	if err != nil {
		return err
	}
	locked := true
	defer func() {
		if locked {
			unlock()
		}
	}()
	if ctx.Err() != nil {
		return files.ContextError(ctx)
	}
	d, err := b.folder(p)
	if missing(err) {
		return noFile(ifVersion)
	}
	if err != nil {
		return fault(err)
	}
	defer b.closeFolder(d)
	synced, err := b.remove(d, p, ifVersion)
	unlock()
	locked = false
	if err == nil && !synced {
		err = b.syncFolder(d)
	}
	if err == nil {
		b.removeParents(s, p)
	}
	return err
}

// remove deletes under the lock. Older content at another place goes first, and for good, so that nothing comes back; the sidecar goes
// last, so that the content never lacks it.
func (b *backend) remove(d fsys.Dir, p *spot, ifVersion files.Version) (synced bool, err error) {
	c, err := b.look(d, p, true)
	if err != nil {
		return false, err
	}
	if ifVersion != "" && (!c.exists || c.version != ifVersion) {
		return false, files.ErrPrecondition
	}
	for _, name := range c.garbage {
		if err := d.Unlink(name); err != nil && !missing(err) {
			return false, fault(err)
		}
	}
	if len(c.garbage) > 0 {
		if err := b.syncFolder(d); err != nil {
			return false, err
		}
	}
	if c.exists {
		if err := d.Unlink(c.name); err != nil && !missing(err) {
			return false, fault(err)
		}
	}
	kind, err := b.sidecarAt(d, p)
	if err != nil || kind != ourSidecar {
		return false, nil // the file itself is gone
	}
	if err := b.syncFolder(d); err != nil {
		return true, err
	}
	d.Unlink(p.sidecar())
	return true, nil
}
