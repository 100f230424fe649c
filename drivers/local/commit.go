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

// How a file is written. Its content, in any of its places, and its sidecar are in one
// folder, so a writer needs only the lock of that folder (dirLock). Readers need no
// lock.
//
//  1. Stage: the whole content goes to a file of the handle's session, with its record,
//     and is made durable.
//  2. Prepare: where the file is to have a sidecar, that is staged as well, for the
//     content that the name has at the moment.
//  3. Lock: open the folder, and lock the directory that was opened. If it is removed
//     meanwhile, nothing can be renamed into it, and all begins again from here.
//  4. Look: under the lock, find the current content and decide the condition. If it is
//     not the one that the sidecar was prepared for, or not older, go back to 2 without
//     the lock; after a few turns, prepare under the lock.
//  5. Commit: rename the sidecar, which tells of both contents, and then the content,
//     which is the moment of change. Who changes it by its old name meanwhile waits, and
//     the move is undone (movein.go), or on FUSE made again with a twin (twin.go).
//  6. Unlock, remove what was replaced, make the folder durable, and the folders on the
//     way to it.
//  7. Clean: lock again and remove what belonged to the old content only, unless
//     somebody else has changed the file since.
//
// Delete takes steps 3 and 4, an unlink, and steps 6 and 7. It creates nothing and
// needs no session. A file that has to make way for a folder, or gets its place back,
// is renamed under the lock of its own folder. A goroutine that holds a lock never
// waits for another lock.

// Obstacles that a commit finds. They are removed without the lock.
var (
	errFileAside  = errors.New("a file lies where the sidecar goes")
	errOtherMount = errors.New("the folder is on another file system")
	errStageLost  = errors.New("the staged file was removed")
	errUnprepared = errors.New("the content in place is another one than it was prepared for")
)

// patientTurns is how often a commit prepares itself without the lock.
const patientTurns = 3

// commit moves a sealed file to its name. It returns the staged file, which may be
// another one.
func (b *backend) commit(ctx context.Context, st *staged, p *filePaths,
	cond files.Condition) (_ *staged, err error) {
	made := false
	defer func() {
		if err != nil && made {
			b.removeParents(ctx, p) // nobody else would
		}
	}()
	var r retries
	for turn := 1; ; turn++ {
		ahead := !b.opts.NoSync && turn <= patientTurns
		err := b.tryCommit(ctx, st, p, cond, ahead)
		met := err
		switch {
		case err == nil:
			return st, nil
		case errors.Is(err, errRetry):
			// The folder was removed when its last file went.
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
		case err == errStageLost, err == errOtherMount && !st.own:
			if st, err = b.stageAgain(ctx, st, p, met); err == errStageLost {
				err = retryLookup(err) // the other one was removed as well
			}
		case err == errOtherMount:
			return st, files.Errorf(files.ErrUnavailable,
				"the system takes the folder for another file system")
		}
		if err == nil || errors.Is(err, errRetry) {
			if err != nil {
				met = err
			}
			err = r.again(ctx, met)
		}
		if err != nil {
			return st, err
		}
	}
}

// stageAgain replaces a staged file that can't be renamed to its place.
func (b *backend) stageAgain(ctx context.Context, st *staged, p *filePaths,
	met error) (*staged, error) {
	again := b.rescue
	if met == errOtherMount || st.own {
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

// openDir opens the folder of a place; the root is there already.
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

// tryCommit is one turn; ahead says that what takes time is to be done before the lock.
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
		// What was replaced has its name. It goes before the sync, behind which it
		// would wait for the disk once more.
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
// file a time greater than that of the one it replaces, and stages its sidecar.
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
		return err // it failed at this moment
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

// renew sets a staged file's time to now if it isn't newer than old. If that isn't
// newer either, it makes up a time under the lock, where nobody else makes up the same.
func (b *backend) renew(st *staged, old int64) error {
	if st.rec.mtime > old || !b.renewable(st, old) {
		return nil
	}
	return b.seal(st, time.Now().UnixNano())
}

func (b *backend) renewable(st *staged, old int64) bool {
	return !st.s.coarse && time.Now().UnixNano() > old
}

// replace is the commit itself, under the lock. It returns what belonged to the old
// content only, by names in the folder, which is to be removed once the commit is
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
	// also where there was no file: a killed delete's leftover would mislead fileblob
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
	// what is guarded stays what it is
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
		// It took a while, and a move that is undone would be seen.
		if err := g.held(); err != nil {
			return nil, err
		}
	}
	if err := b.put(ctx, st, p, d, dest, over, g); err != nil {
		return nil, err
	}
	st.done = !over || b.opts.NoSync // else its name has what it replaced
	left = st.leftovers(p, &c, dest, old)
	if b.opts.NoSync {
		g = guard{} // it ends when the file is closed, which is at once
		unlinkAll(d, left)
		return nil, nil
	}
	return left, nil
}

// put is the moment of change.
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

// unlinkAll removes what it can.
func unlinkAll(d fsys.Dir, names []string) {
	for _, name := range names {
		d.Unlink(name)
	}
}

// makeRoom returns the place where the content goes. An empty folder, which isn't a
// directory (L6), gives way to it.
func (b *backend) makeRoom(d fsys.Dir, p *filePaths, c *current) (dest string, err error) {
	if !c.dirAt0 || b.rmdirNow(d, p.base) == nil {
		return p.base, nil
	}
	dest = leafName(p.base)
	if st, err := d.Lstat(dest); err == nil && st.Type == fsys.Directory && b.rmdirNow(d,
		dest) != nil {
		return "", files.Errorf(files.ErrInvalid, "folders stand at both places of the file")
	}
	return dest, nil
}

// maxAhead is how far a Put's time may be ahead of the clock, in nanoseconds.
const maxAhead = 1_000_000_000

const (
	// coarseStep is the coarsest time there is, in nanoseconds.
	coarseStep = 2_000_000_000
	// maxCoarseAhead is how far the times of a file that is put again and again may be
	// ahead of the clock where times are coarse, in nanoseconds.
	maxCoarseAhead = 120_000_000_000
)

// sealAfter gives the staged file a version that none of the name's had, where the
// current file is not older: another process, another program or a clock that was set
// back gave it its time. A little later than that, the version is new again. Else,
// since a Put's time is when it was put, a token makes it so. With a token, the times
// need only differ.
func (b *backend) sealAfter(st *staged, c *current) error {
	old, now := c.st.ModTime, st.rec.mtime
	switch {
	case !c.exists || old < now:
		return nil
	case st.rec.token != "" && (old < 0 || old-now > maxCoarseAhead):
		if old != now {
			return nil
		}
		return b.seal(st, now+coarseStep)
	case st.rec.token != "":
		return b.seal(st, old+coarseStep) // times don't go back (V2)
	case old-now < maxAhead && old > 0:
		return b.seal(st, old+timeUnit)
	}
	st.rec.token = newToken()
	return b.seal(st, now)
}

// intact reports an error unless the staged file still is where and what it was, as it
// was seen when it was guarded.
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
	if now.Nlink == 0 { // which some file systems say of all files
		there, err := st.dir.Lstat(st.name)
		if missing(err) || err == nil && st.is(there) != nil { // it is another file's name
			return errStageLost
		}
	}
	return nil
}

// mapRenameError classes the error of a rename of what is staged.
func (b *backend) mapRenameError(err error, from fsys.Dir, name string) error {
	switch {
	case isNotExist(err):
		if _, e := from.Lstat(name); missing(e) {
			return errStageLost
		}
		return retryLookup(err)
	case fsys.IsDirectory(err), fsys.IsNotDirectory(err), fsys.IsStale(err):
		return retryLookup(err) // the folder went, or one came
	case fsys.IsCrossDevice(err):
		return errOtherMount
	case fsys.IsBusy(err), b.volume.SMB && errors.Is(err, fs.ErrPermission):
		return heldBy(err) // by who reads the old content
	}
	return mapError(err)
}

// leftovers are the names of what belonged to the old content only.
func (st *staged) leftovers(p *filePaths, c *current, dest string,
	old sidecarKind) (left []string) {
	st.dest = dest
	if c.exists && c.name != dest {
		left = append(left, c.name)
	}
	for _, name := range c.garbage {
		if name != dest {
			left = append(left, name)
		}
	}
	if old == ourSidecar && !st.rec.sidecar {
		left = append(left, p.sidecar())
	}
	return left
}

// clean removes leftovers behind a commit that is durable, unless the file has been
// changed since. What stays is found again by the next write.
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

// syncDir makes a change that has happened durable.
func (b *backend) syncDir(d fsys.Dir) error {
	if b.opts.NoSync {
		return nil
	}
	if err := d.Sync(); err != nil {
		return files.WithCause(files.ErrUncertain, err,
			"the change could not be made durable: "+err.Error())
	}
	return nil
}
