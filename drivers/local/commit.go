package local

import (
	"context"
	"errors"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

// What a commit finds in its way; it is removed without the name's lock, because a goroutine holds one lock at a time.
var (
	errFileAside  = errors.New("a file lies where the sidecar goes")
	errOtherMount = errors.New("the folder is on another file system")
)

// commit moves a sealed file to its name. Under the name's lock it decides the condition, makes the time, and so the version, greater than
// the old one, and replaces the sidecar; then one rename is the moment of change. It returns the staged file, which is
// another one where the folder is on another file system.
func (b *backend) commit(ctx context.Context, st *staged, p *spot, cond files.Condition) (_ *staged, err error) {
	made := false
	defer func() {
		if err != nil && made {
			b.removeParents(st.s, p) // nobody else would
		}
	}()
	for {
		err := b.tryCommit(ctx, st, p, cond)
		switch {
		case err == nil:
			return st, nil
		case err == errRetry:
			// The folder was removed when its last file went.
			if err = b.alive(); err == nil {
				made = true
				err = b.makeParents(ctx, st.s, p)
			}
		case err == errFileAside:
			err = b.moveAside(ctx, st.s, p)
		case err == errOtherMount:
			var other *staged
			if other, err = b.restage(ctx, st, p); err == nil {
				st.close()
				st = other
			}
		}
		if err != nil && err != errRetry {
			return st, err
		}
	}
}

// folder opens the folder of a place; the root is there already.
func (b *backend) folder(p *spot) (fsys.Dir, error) {
	if p.dir == "" {
		return b.root, nil
	}
	return b.root.OpenDir(p.dir)
}

func (b *backend) closeFolder(d fsys.Dir) {
	if d != b.root {
		d.Close()
	}
}

func (b *backend) tryCommit(ctx context.Context, st *staged, p *spot, cond files.Condition) error {
	unlock, err := b.lockName(ctx, st.s, p.lock)
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
		if err := files.CheckCondition(cond, false, ""); err != nil {
			return err
		}
		return errRetry
	}
	if err != nil {
		return fault(err)
	}
	defer b.closeFolder(d)
	synced, err := b.replace(st, p, d, cond)
	unlock()
	locked = false
	if err == nil && !synced {
		err = b.syncFolder(d)
	}
	if err == nil {
		err = b.syncParents(p, d)
	}
	return err
}

// replace is the commit itself, under the lock. It reports whether the folder was synced after it.
func (b *backend) replace(st *staged, p *spot, d fsys.Dir, cond files.Condition) (synced bool, err error) {
	c, err := b.look(d, p, false)
	if err != nil {
		return false, err
	}
	if err := files.CheckCondition(cond, c.exists, c.version); err != nil {
		return false, err
	}
	if c.exists && c.st.ModTime >= st.rec.mtime {
		if err := b.seal(st, b.later(st.s, c.st.ModTime)); err != nil {
			return false, err
		}
	}
	old, err := b.sidecarAt(d, p) // also where there was no file: a killed delete's leftover would mislead fileblob
	if err != nil {
		return false, err
	}
	if st.rec.sidecar {
		if old == otherFile {
			return false, errFileAside
		}
		if err := b.putSidecar(st, p, d, &c); err != nil {
			return false, err
		}
	}
	dest := p.base
	if c.dirAt0 && d.Rmdir(p.base) != nil { // an empty one, which is no directory (L6), gives way
		dest = leafName(p.base)
	}
	if err := st.dir.Rename(st.name, d, dest); err != nil {
		return false, renameFault(err)
	}
	st.done = true
	return b.clean(d, p, &c, dest, old == ourSidecar && !st.rec.sidecar)
}

// later is the time of a file that replaces one of the time old.
func (b *backend) later(s *session, old int64) int64 {
	const year2200 = 7_258_118_400_000_000_000
	switch {
	case old > year2200: // nonsense of another program: to go on from there would end the calendar
		return b.tick()
	case s.coarse:
		return old + 2_000_000_000 // the coarsest there is
	}
	return fine(old + 1)
}

// renameFault classes the error of the rename that commits.
func renameFault(err error) error {
	switch {
	case isNotExist(err), fsys.IsDirectory(err), fsys.IsNotDirectory(err):
		return errRetry // the folder went, or one came
	case fsys.IsCrossDevice(err):
		return errOtherMount
	}
	return fault(err)
}

// clean removes, behind a commit, what belonged to the old content only. The commit must be durable before.
func (b *backend) clean(d fsys.Dir, p *spot, c *current, dest string, sidecar bool) (synced bool, err error) {
	garbage := c.garbage
	if c.exists {
		garbage = append(garbage, c.name)
	}
	for _, name := range garbage {
		if name == dest {
			continue
		}
		if err := b.syncOnce(d, &synced); err != nil {
			return true, err
		}
		d.Unlink(name) // a leftover is found again by the next write
	}
	if sidecar {
		if err := b.syncOnce(d, &synced); err != nil {
			return true, err
		}
		d.Unlink(p.sidecar()) // a leftover: the record says that there is none
	}
	return synced, nil
}

func (b *backend) syncOnce(d fsys.Dir, synced *bool) error {
	if *synced {
		return nil
	}
	*synced = true
	return b.syncFolder(d)
}

// syncFolder makes a change that has happened durable.
func (b *backend) syncFolder(d fsys.Dir) error {
	if b.opts.NoSync {
		return nil
	}
	if err := d.Sync(); err != nil {
		return files.WithCause(files.ErrUncertain, err, "the change could not be made durable: "+err.Error())
	}
	return nil
}
