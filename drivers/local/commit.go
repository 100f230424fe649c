package local

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// How a file is written. Its content, under either of its names on disk, and its
// sidecar are in one folder, so a writer needs only the lock of that folder (dirLock).
// Readers need no lock.
//
//  1. Stage: the whole content goes to a file in the handle's staging folder, with its
//     record, and is made durable.
//  2. Prepare: if the file is to have a sidecar, the sidecar is staged as well, for the
//     content that the name has at the moment.
//  3. Lock: open the folder, and lock the directory that was opened. If it is removed
//     meanwhile, nothing can be renamed into it, and the commit begins again from here.
//  4. Decide: under the lock, find the current content and decide the condition. If the
//     content is not the one that the sidecar was prepared for, or is not older than
//     the staged file, release the lock and go back to 2; after a few turns, prepare
//     under the lock.
//  5. Commit: rename the sidecar, which describes both contents, and then the content,
//     which is the moment of change. If another program waits to change the content,
//     which it opened by its staged name, the move is undone (movein.go), or on FUSE
//     repeated with a twin (twin.go).
//  6. Unlock, remove what was replaced, and make the folder and its parents durable.
//  7. Clean: lock again and remove what belonged to the old content only, unless the
//     file has been changed since.
//
// Delete is steps 3 and 4, an unlink, and steps 6 and 7. It creates nothing and needs
// no staging folder. A file that has to make way for a folder, or gets its plain name
// back, is renamed under the lock of its folder. A goroutine that holds a lock never
// waits for another lock.

// Obstacles that a commit finds under the lock and removes without it.
var (
	errFileAside  = errors.New("another file has the sidecar's name")
	errOtherMount = errors.New("the folder is on another file system")
	errStageLost  = errors.New("the staged file was removed")
	errUnprepared = errors.New("the sidecar was prepared for another content")
)

// patientTurns is how many turns of a commit prepare without the lock.
const patientTurns = 3

// commit moves a sealed file to its name. It returns the staged file, which may be
// another one.
func (b *backend) commit(ctx context.Context, st *staged, p *filePaths,
	cond files.Condition) (_ *staged, err error) {
	made := false
	defer func() {
		if err != nil && made {
			b.removeParents(ctx, p) // nothing else would remove them
		}
	}()
	var r retries
	for turn := 1; ; turn++ {
		ahead := !b.opts.NoSync && turn <= patientTurns
		err := b.tryCommit(ctx, st, p, cond, ahead)
		cause := err
		switch {
		case err == nil:
			return st, nil
		case errors.Is(err, errRetry):
			// The folder was removed together with its last file.
			if err = b.alive(); err == nil {
				made = true
				err = b.makeParents(ctx, p)
			}
		case err == errUnprepared:
			err = nil
		case fsys.IsBusy(err):
			err = heldBy(err)
		case err == errFileAside:
			err = b.moveAside(ctx, p)
		case err == errStageLost, err == errOtherMount && !st.inTarget:
			if st, err = b.stageAgain(ctx, st, p, cause); err == errStageLost {
				err = retryLookup(err) // the new one was removed as well
			}
		case err == errOtherMount:
			return st, driver.Errorf(files.ErrUnavailable,
				"the system reports that the folder is on another file system")
		}
		if err == nil || errors.Is(err, errRetry) {
			if err != nil {
				cause = err
			}
			err = r.again(ctx, cause)
		}
		if err != nil {
			return st, err
		}
	}
}

// stageAgain replaces a staged file that can't be renamed to its target.
func (b *backend) stageAgain(ctx context.Context, st *staged, p *filePaths,
	cause error) (*staged, error) {
	again := b.rescue
	if cause == errOtherMount || st.inTarget {
		again = func(ctx context.Context, st *staged) (*staged, error) {
			return b.restage(ctx, st, p)
		}
	}
	other, err := again(ctx, st)
	if err != nil {
		return st, err
	}
	st.close()
	return other, nil
}

// openDir opens the folder of the paths; the root is open already.
func (b *backend) openDir(p *filePaths) (fsys.Dir, error) {
	if p.dir == "" {
		return b.root, nil
	}
	return b.root.OpenDir(p.dir)
}

func (b *backend) closeDir(d fsys.Dir) {
	if d != b.root {
		d.Close()
	}
}

// tryCommit is one turn of a commit. If ahead is set, what takes time is done before
// the lock.
func (b *backend) tryCommit(ctx context.Context, st *staged, p *filePaths, cond files.Condition,
	ahead bool) error {
	if ctx.Err() != nil {
		return driver.ContextError(ctx)
	}
	d, err := b.openDir(p)
	if missing(err) {
		if err := cond.Check(false, ""); err != nil {
			return err
		}
		return retryLookup(err)
	}
	if err != nil {
		return mapError(err)
	}
	defer b.closeDir(d)
	if ahead {
		if err := b.prepare(st, p, d, cond); err != nil {
			return err
		}
	}
	lock, err := b.lockDir(ctx, d, p.dir)
	if err != nil {
		return err
	}
	defer lock.unlock()
	if ctx.Err() != nil {
		return driver.ContextError(ctx)
	}
	left, err := b.replace(ctx, st, p, d, &lock, cond, ahead)
	lock.unlock()
	if err == nil && !st.done {
		// The staged name now holds what was replaced. It is unlinked before the sync:
		// after it, the unlink would wait for the disk once more.
		st.done = st.unlink() == nil
	}
	if err == nil {
		err = b.syncDir(d)
	}
	if err == nil && len(left) > 0 {
		b.clean(ctx, st, p, d, left)
	}
	if err == nil {
		err = b.syncParents(p, d)
	}
	return err
}

// prepare does, without the lock, what would take time under it: it gives the staged
// file a later time than the file that it replaces, and stages its sidecar.
func (b *backend) prepare(st *staged, p *filePaths, d fsys.Dir, cond files.Condition) error {
	if err := b.renew(st, st.newer); err != nil {
		return err
	}
	if !st.rec.sidecar {
		return nil
	}
	c, err := b.findCurrent(d, p, false)
	if err != nil {
		return err
	}
	if err := b.check(d, &c, cond); err != nil {
		return err // the condition failed at this moment, which suffices
	}
	if err := b.fitUnnamed(st, d, &c); err != nil {
		return err
	}
	if err := b.renew(st, c.st.ModTime); err != nil {
		return err
	}
	if st.side.fits(st, &c) {
		return nil
	}
	return b.stageSidecar(st, p, d, &c, !c.exists)
}

// renew sets a staged file's time to now if it isn't later than old. If now isn't later
// either, sealAfter chooses a time under the lock, where no other commit can choose the
// same.
func (b *backend) renew(st *staged, old int64) error {
	if st.rec.mtime > old || !b.renewable(st, old) {
		return nil
	}
	return b.seal(st, time.Now().UnixNano())
}

func (b *backend) renewable(st *staged, old int64) bool {
	return !st.s.coarse && time.Now().UnixNano() > old
}

// replace is the commit under the lock. It returns the names in the folder of what
// belonged to the old content only, which the caller removes once the commit is
// durable.
func (b *backend) replace(
	ctx context.Context, st *staged, p *filePaths, d fsys.Dir, lock *dirLock, cond files.Condition,
	ahead bool,
) (left []string, err error) {
	c, err := b.findCurrent(d, p, false)
	if err != nil {
		return nil, err
	}
	if err := b.check(d, &c, cond); err != nil {
		return nil, err
	}
	b.foresee(c.exists)
	if err := b.fitUnnamed(st, d, &c); err != nil {
		return nil, err
	}
	if c.exists && c.st.ModTime >= st.rec.mtime {
		st.newer = c.st.ModTime
		if ahead && b.renewable(st, c.st.ModTime) {
			return nil, errUnprepared
		}
	}
	if err := b.sealAfter(st, &c); err != nil {
		return nil, err
	}
	// Also if there was no file: what a killed delete left would mislead fileblob.
	old, err := b.sidecarAt(d, p)
	if err != nil {
		return nil, err
	}
	switch {
	case !st.rec.sidecar:
	case old == otherFile:
		return nil, errFileAside
	case st.side.fits(st, &c):
	case ahead:
		return nil, errUnprepared
	default:
		if err := b.stageSidecar(st, p, d, &c, old == noSidecar); err != nil {
			return nil, err
		}
	}
	dest, err := b.makeRoom(d, p, &c)
	if err != nil {
		return nil, err
	}
	over := c.exists && c.name == dest
	if st.unnamed && over {
		if err := b.giveName(st); err != nil {
			return nil, err
		}
	}
	g, err := b.guardStaged(st)
	if err != nil {
		return nil, err
	}
	defer func() { g.end() }()
	// A guarded file can't change any more.
	if !st.unnamed && (g.f != nil || st.rec.sidecar || !st.isBrief()) {
		if err := st.intact(g); err != nil {
			return nil, err
		}
	}
	if err := b.fit(st, d, &c); err != nil {
		return nil, err
	}
	if lock.lost() {
		return nil, errRetry
	}
	if st.rec.sidecar {
		if err := b.putSidecar(st, p, d, old); err != nil {
			return nil, err
		}
		// putSidecar took a while, and readers would notice a move that is undone.
		if err := g.held(); err != nil {
			return nil, err
		}
	}
	if err := b.put(ctx, st, p, d, dest, over, g); err != nil {
		return nil, err
	}
	st.done = !over || b.opts.NoSync // otherwise its name holds what it replaced
	left = st.leftovers(p, &c, dest, old)
	if b.opts.NoSync {
		g = guard{} // closing the file, which follows at once, ends the guard
		unlinkAll(d, left)
		return nil, nil
	}
	return left, nil
}

// put moves the content to its name: the moment of change.
func (b *backend) put(
	ctx context.Context, st *staged, p *filePaths, d fsys.Dir, dest string, over bool, g guard,
) error {
	if st.unnamed {
		return b.link(st, d, dest)
	}
	placed := func() error {
		err := st.whole()
		if err == nil && g.numbered && st.links == 0 {
			err = errStray
		}
		return err
	}
	err := b.moveIn(st.dir, st.name, d, dest, over, g.whole(placed),
		b.again(ctx, st, p, d, dest, g, 0))
	switch {
	case err == nil, errors.Is(err, files.ErrUncertain):
		return err
	case fsys.IsLost(err), fsys.IsFailing(err):
		return b.mapCommitError(err)
	}
	err = b.mapRenameError(err, st.dir, st.name)
	var e *retryError
	if errors.As(err, &e) {
		e.costly = st.rec.sidecar && !b.opts.NoSync
	}
	return err
}

// unlinkAll removes the files, and ignores errors.
func unlinkAll(d fsys.Dir, names []string) {
	for _, name := range names {
		d.Unlink(name)
	}
}

// makeRoom returns the name on disk that the content gets. It removes an empty folder
// of that name, which isn't a directory (L6).
func (b *backend) makeRoom(d fsys.Dir, p *filePaths, c *current) (dest string, err error) {
	if !c.dirAt0 || b.rmdirNow(d, p.base) == nil {
		return p.base, nil
	}
	dest = leafName(p.base)
	if st, err := d.Lstat(dest); err == nil && st.Type == fsys.Directory && b.rmdirNow(d,
		dest) != nil {
		return "", driver.Errorf(files.ErrInvalid,
			"folders have both names that the file can have on disk")
	}
	return dest, nil
}

// maxAhead is how far a Put's time may be ahead of the clock, in nanoseconds.
const maxAhead = 1_000_000_000

const (
	// coarseStep is the coarsest resolution of times, in nanoseconds.
	coarseStep = 2_000_000_000
	// maxCoarseAhead is how far, if times are coarse, the time of a file that is put
	// again and again may be ahead of the clock, in nanoseconds.
	maxCoarseAhead = 120_000_000_000
)

// sealAfter gives the staged file a version that the name never had, if the current
// file is not older because another process, another program or a clock that was set
// back gave it its time. If the current file's time is only a little ahead, a time just
// after it makes the version new. Otherwise a token does, because a Put's time must be
// when it was put. With a token, the times need only differ.
func (b *backend) sealAfter(st *staged, c *current) error {
	old, now := c.st.ModTime, st.rec.mtime
	switch {
	case !c.exists || old < now:
		return nil
	case st.rec.token != "" && old-now > maxCoarseAhead:
		return nil // the times differ
	case st.rec.token != "":
		return b.seal(st, old+coarseStep) // times don't go back (V2)
	case old-now < maxAhead && old > 0:
		return b.seal(st, old+timeUnit)
	}
	st.rec.token = newToken()
	return b.seal(st, now)
}

// intact returns an error if the staged file was changed or moved before it was guarded.
func (st *staged) intact(g guard) (err error) {
	now := g.st
	if g.f == nil {
		if now, err = st.f.Stat(); err != nil {
			return mapError(err)
		}
	}
	if err := st.is(now); err != nil {
		return err
	}
	if now.Nlink == 0 { // some file systems report 0 for all files
		there, err := st.dir.Lstat(st.name)
		if missing(err) || err == nil && st.is(there) != nil { // it is another file's name
			return errStageLost
		}
	}
	return nil
}

// mapRenameError maps the error of a rename of a staged file.
func (b *backend) mapRenameError(err error, from fsys.Dir, name string) error {
	switch {
	case isNotExist(err):
		if _, e := from.Lstat(name); missing(e) {
			return errStageLost
		}
		return retryLookup(err)
	case fsys.IsDirectory(err), fsys.IsNotDirectory(err), fsys.IsStale(err):
		return retryLookup(err) // a folder was removed or made
	case fsys.IsCrossDevice(err):
		return errOtherMount
	case fsys.IsBusy(err), b.volume.SMB && errors.Is(err, fs.ErrPermission):
		return heldBy(err) // by a program that reads the old content
	}
	return mapError(err)
}

// leftovers returns the names of what belonged to the old content only.
func (st *staged) leftovers(p *filePaths, c *current, dest string,
	old sidecarKind) (left []string) {
	st.dest = dest
	if c.exists && c.name != dest {
		left = append(left, c.name)
	}
	left = append(left, c.garbage...)
	if old == realSidecar && !st.rec.sidecar {
		left = append(left, p.sidecar())
	}
	return left
}

// clean removes leftovers after a commit that is durable, unless the file has been
// changed since. The next write finds what remains.
func (b *backend) clean(ctx context.Context, st *staged, p *filePaths, d fsys.Dir, left []string) {
	lock, err := b.lockDir(ctx, d, p.dir)
	if err != nil {
		return
	}
	defer lock.unlock()
	now, err := d.Lstat(st.dest)
	if err != nil || now.Size != st.size || now.ModTime != st.rec.mtime {
		return
	}
	unlinkAll(d, left)
}

// syncDir makes a change that was made in the folder durable.
func (b *backend) syncDir(d fsys.Dir) error {
	if b.opts.NoSync {
		return nil
	}
	if err := d.Sync(); err != nil {
		return driver.WithCause(files.ErrUncertain, err,
			"the change could not be made durable: "+err.Error())
	}
	return nil
}
