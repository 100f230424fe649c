package local

import (
	"errors"

	"cloudfiles.dev/drivers/local/internal/fsys"
)

// A file that is staged for a new name needs no name before its commit, if the system
// has files without a name. No program can find it before its commit, so it needs no
// guard, and after the commit there is nothing to check or undo. If it turns out that
// it replaces a file, it gets a staged name for the commit.
//
// That doesn't apply if the file is to be durable: some file systems (btrfs) don't
// write a file to the disk on sync while it has no name, and others (ext2) don't write
// the count of its names when its folder is synced. tmpfs has nothing to sync.

// unnamed reports whether a staged file may have no name.
func (b *backend) unnamed() bool {
	volatile := b.opts.NoSync || b.disk.kind == fsys.Tmpfs
	return volatile && b.volume.Local && !b.disk.folds() && !b.noUnnamed.Load()
}

// ownershipAhead returns the ownership of the file that is to be replaced, if the
// staged file needs it before the commit. A staged file without a name, which nobody
// can read, doesn't need it. If the last commit replaced no file, the staged file is
// expected to have no name; then known is false.
func (b *backend) ownershipAhead(p *filePaths) (like ownership, known bool) {
	if b.unnamed() && !b.replaces.Load() {
		return ownership{}, false
	}
	return b.ownershipOf(p), true
}

// foresee notes whether the last commit replaced a file.
func (b *backend) foresee(replaced bool) {
	if b.replaces.Load() != replaced {
		b.replaces.Store(replaced)
	}
}

// createUnnamed makes a file without a name in the staging folder. It returns nil if
// that fails.
func (b *backend) createUnnamed(s *staging) fsys.File {
	if !b.unnamed() {
		return nil
	}
	f, err := s.dir.CreateUnnamed()
	if errors.Is(err, errors.ErrUnsupported) {
		b.noUnnamed.Store(true)
	}
	return f // or nil: a file with a name is made instead, and its error counts
}

// giveName gives the staged file a name in the staging folder, so that it can replace a
// file.
func (b *backend) giveName(st *staged) error {
	name := nameOf(st.number)
	err := st.dir.Link(st.f, name)
	switch {
	case err == nil:
		st.name, st.unnamed = name, false
		return nil
	case errors.Is(err, errors.ErrUnsupported):
		b.noUnnamed.Store(true)
		return errStageLost // a copy gets a name
	case isNotExist(err), isExist(err):
		return errStageLost
	}
	return mapError(err)
}

// link commits a staged file without a name.
func (b *backend) link(st *staged, d fsys.Dir, dest string) error {
	err := d.Link(st.f, dest)
	switch {
	case err == nil:
		return nil
	case isExist(err): // not a file, or another writer was faster
		if e := b.giveName(st); e != nil {
			return e
		}
		return retryLookup(err)
	case errors.Is(err, errors.ErrUnsupported):
		b.noUnnamed.Store(true)
		return errStageLost
	case isNotExist(err), fsys.IsStale(err):
		return retryLookup(err) // the folder was removed
	case fsys.IsCrossDevice(err):
		return errOtherMount
	}
	return b.mapCommitError(err)
}

// linkSidecar gives a staged sidecar without a name its name, unless there is a sidecar.
func (b *backend) linkSidecar(st *staged, p *filePaths, d fsys.Dir, old sidecarKind) error {
	err := error(nil)
	if old == noSidecar {
		err = d.Link(st.side.f, p.sidecar())
	}
	switch {
	case old != noSidecar, isExist(err), errors.Is(err, errors.ErrUnsupported):
		st.namedSide = true
		st.dropSidecar()
		return errUnprepared
	case isNotExist(err), fsys.IsStale(err):
		return retryLookup(err)
	case fsys.IsCrossDevice(err):
		return errOtherMount
	case err != nil:
		return mapError(err)
	}
	st.side.f.Close()
	st.side = nil
	return nil
}
