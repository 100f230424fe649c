package local

import (
	"context"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// If the system can't exchange two files, as on FUSE, a move over another file can't be
// undone; other moves can, but readers may notice them first. So, if another program
// waits to change the moved file, the file stays where it is. While its guard still
// holds, a twin, which has the same content, record and version, is moved over it. The
// waiting program then changes a file without a name.

// errAwaited is errTouched for a file that is still unchanged, but that another program
// waits to change.
var errAwaited = driver.Errorf(files.ErrUnavailable,
	"another program waits to change the upload in the control folder")

// maxTwins is how many twins a move may use, since programs may wait to change each of
// them too.
const maxTwins = 8

// hasTwins reports whether a file that was moved to its target may be replaced by a twin.
func (b *backend) hasTwins(g guard, turn int) bool {
	return g.f != nil && b.disk.kind == fsys.FUSE && turn < maxTwins
}

// twin makes a twin of a staged file, which is guarded. It is staged in the staging
// folder or, if that is gone, in the folder d of the target.
func (b *backend) twin(ctx context.Context, st *staged, d fsys.Dir) (_ *staged, err error) {
	now, err := st.f.Stat()
	if err != nil {
		return nil, err
	}
	to := *st
	to.side, to.gone, to.content = nil, nil, false
	to.like = ownership{
		there: true,
		perm:  now.Perm.Perm(),
		uid:   now.UID,
		gid:   now.GID,
		list:  st.like.list,
	}
	if to.dir, to.name, to.f, err = st.createBeside(d, &to.like); err != nil {
		return nil, err
	}
	to.inTarget = st.inTarget || to.dir == d
	defer func() {
		if err != nil {
			to.f.Close()
			to.unlink()
		}
	}()
	if st.size <= syncTogether {
		// it is quick, and the file that it replaces is about to be changed
		ctx = context.WithoutCancel(ctx)
	}
	if to.id, err = to.f.StatBirth(); err != nil {
		return nil, err
	}
	if err = copyAll(ctx, to.f, st.f, st.size); err != nil {
		return nil, err
	}
	to.like.put(to.f, to.id)
	if err = to.f.SetModTime(st.rec.mtime); err != nil {
		return nil, err
	}
	if err = b.setRecord(&to); err != nil {
		return nil, err
	}
	if now, err = to.f.Stat(); err != nil {
		return nil, err
	}
	if to.perm = now.Perm; now.ModTime != st.rec.mtime {
		return nil, errTouched
	}
	if !b.opts.NoSync {
		err = to.f.Sync()
	}
	return &to, err
}

// createBeside makes an empty file with a name in the folder where st is staged or, if
// that is gone, in d.
func (st *staged) createBeside(d fsys.Dir, like *ownership) (fsys.Dir, string, fsys.File, error) {
	dir, name := st.folder(), st.s.name()
	if st.inTarget {
		name = crossDevName(st.s)
	}
	f, err := st.s.create(dir, name, like)
	if vanished(err) && !st.inTarget {
		dir, name = d, crossDevName(st.s)
		f, err = st.s.create(dir, name, like)
	}
	if err == nil && (st.inTarget || dir == d) {
		keep(f)
	}
	return dir, name, f, err
}

// putTwin moves a twin over a file that was moved to its target and that another
// program waits to change. Then the twin is the staged file st. The caller holds the
// guard of the replaced file.
func (b *backend) putTwin(
	ctx context.Context, st *staged, p *filePaths, d fsys.Dir, dest string, turn int,
) error {
	to, err := b.twin(ctx, st, d)
	if err != nil {
		return err
	}
	err = b.moveTwin(ctx, to, p, d, dest, turn)
	to.dropSidecar()
	to.unlink() // the name holds what was replaced, or a twin that isn't needed
	st.gone = append(st.gone, to.gone...)
	if err != nil {
		st.gone = append(st.gone, to.f)
		return err
	}
	st.gone = append(st.gone, st.f)
	st.f, st.id, st.perm = to.f, to.id, to.perm
	return nil
}

func (b *backend) moveTwin(
	ctx context.Context, to *staged, p *filePaths, d fsys.Dir, dest string, turn int,
) error {
	if to.rec.sidecar && !to.recorded { // then the sidecar identifies the file by its inode
		c, err := b.findCurrent(d, p, false)
		if err != nil {
			return err
		}
		if err := b.stageSidecar(to, p, d, &c, false); err != nil {
			return err
		}
		if err := b.putSidecar(to, p, d, realSidecar); err != nil {
			return err
		}
	}
	g, err := b.guard(to.f)
	if err != nil {
		return errTouched
	}
	defer g.end()
	if err := to.whole(); err != nil {
		return err
	}
	return b.moveIn(to.dir, to.name, d, dest, true, g.whole(to.whole),
		b.again(ctx, to, p, d, dest, g, turn))
}

// again returns the function that replaces a moved file that another program waits to
// change, or nil if no twin may.
func (b *backend) again(
	ctx context.Context, st *staged, p *filePaths, d fsys.Dir, dest string, g guard, turn int,
) func() error {
	// If the file system has times of birth, a twin would have another version.
	if !b.hasTwins(g, turn) || st.id.Birth != 0 || st.bare {
		return nil
	}
	return twins(turn, func(turn int) error { return b.putTwin(ctx, st, p, d, dest, turn) })
}

// twins returns a function that makes another twin if one was changed before it was
// moved.
func twins(turn int, put func(turn int) error) func() error {
	return func() (err error) {
		for next := turn + 1; next <= maxTwins; next++ {
			err = put(next)
			if err != errTouched && err != errStageLost && err != errUnprepared && !vanished(err) {
				break
			}
		}
		return err
	}
}

// moveSidecar moves a staged sidecar to its name, and a twin over it if another program
// waits to change it.
func (b *backend) moveSidecar(
	st *staged, s *stagedSidecar, p *filePaths, d fsys.Dir, over bool, turn int,
) (err error) {
	g, err := b.guard(s.f)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil { // otherwise closing the sidecar, which follows at once, ends it
			g.end()
		}
	}()
	if g.f == nil || s.is(g.st) != nil {
		if err := s.whole(); err != nil {
			return err
		}
	}
	placed := func() error {
		err := s.whole()
		if err == nil && g.numbered && s.links == 0 {
			err = errTouched // another program's file was moved
		}
		return err
	}
	var again func() error
	if b.hasTwins(g, turn) {
		again = twins(turn, func(turn int) error {
			to, err := b.sidecarTwin(st, s, d)
			if err != nil {
				return err
			}
			err = b.moveSidecar(st, to, p, d, true, turn)
			to.f.Close()
			to.dir.Unlink(to.name)
			return err
		})
	}
	return b.moveIn(s.dir, s.name, d, p.sidecar(), over, g.whole(placed), again)
}

// sidecarTwin makes a twin of a staged sidecar.
func (b *backend) sidecarTwin(st *staged, s *stagedSidecar, d fsys.Dir) (*stagedSidecar, error) {
	to := *s
	var err error
	if to.dir, to.name, to.f, err = st.createBeside(d, &st.like); err != nil {
		return nil, err
	}
	now, err := to.f.Stat()
	if err == nil && st.like.there && st.like.put(to.f, now) {
		now, err = to.f.Stat()
	}
	if err == nil {
		to.perm = now.Perm
		_, err = to.f.Write(s.data)
	}
	if err == nil {
		err = to.f.SetModTime(s.mtime)
	}
	if err == nil && !b.opts.NoSync {
		err = to.f.Sync()
	}
	if err != nil {
		to.f.Close()
		to.dir.Unlink(to.name)
		return nil, err
	}
	return &to, nil
}
