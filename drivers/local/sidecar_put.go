package local

import (
	"context"
	"io/fs"
	"strings"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// sidecarKind says what has the name of a file's sidecar.
type sidecarKind uint8

const (
	noSidecar sidecarKind = iota
	realSidecar
	otherFile // a file that is named x.attrs
)

func (b *backend) sidecarAt(d fsys.Dir, p *filePaths) (sidecarKind, error) {
	if strings.HasPrefix(p.base, endMark) { // a chain contains no other file
		st, err := d.Lstat(p.sidecar())
		if err == nil && st.Type == fsys.Regular {
			return realSidecar, nil
		}
		if err == nil || missing(err) {
			return noSidecar, nil
		}
		return noSidecar, mapError(err)
	}
	is, err := isSidecar(d, p.sidecar())
	switch {
	case missing(err): // or a folder, onto which a rename fails, or a link, which a rename replaces
		return noSidecar, nil
	case err != nil:
		return noSidecar, mapError(err)
	case is:
		return realSidecar, nil
	}
	return otherFile, nil
}

// stagedSidecar is a sidecar before its rename, for one staged content and one current
// content.
type stagedSidecar struct {
	dir   fsys.Dir
	name  string // "" if it has none
	data  []byte
	f     fsys.File
	size  int64
	perm  fs.FileMode
	mtime int64 // of the staged content
	had   bool  // there is a current content
	old   fsys.Stat
	at    string // its name in the folder
	links uint64 // how many names the sidecar had at the last call of whole
}

// fits reports whether the sidecar describes the staged content and the current one.
func (s *stagedSidecar) fits(st *staged, c *current) bool {
	if s == nil || s.mtime != st.rec.mtime || s.had != c.exists {
		return false
	}
	return !s.had || s.at == c.name && s.old.SameFile(c.st) && s.old.Size == c.st.Size &&
		s.old.ModTime == c.st.ModTime && s.old.ChangeTime == c.st.ChangeTime
}

// stageSidecar stages the sidecar for the staged content and the current one, and makes
// it and the content durable. If alone is set, it replaces nothing and may be staged
// without a name.
func (b *backend) stageSidecar(st *staged, p *filePaths, d fsys.Dir, c *current, alone bool) error {
	st.dropSidecar()
	generations := []generation{st.generation()}
	if c.exists {
		old, err := b.currentGeneration(d, p, c)
		if err != nil {
			return err
		}
		generations = append(generations, old)
	}
	data, err := encodeSidecar(generations...)
	if err != nil {
		return err
	}
	side := &stagedSidecar{
		dir:   st.folder(),
		data:  data,
		size:  int64(len(data)),
		mtime: st.rec.mtime,
		had:   c.exists,
		old:   c.st,
		at:    c.name,
	}
	if alone && !st.inTarget && !st.namedSide && !st.like.there {
		side.f = b.createUnnamed(st.s)
	}
	if side.f == nil {
		side.name = st.s.name()
		if st.inTarget {
			side.name = crossDevName(st.s)
		}
		if side.f, err = st.s.create(side.dir, side.name, &st.like); err != nil {
			if vanished(err) {
				return errStageLost // the staging folder was removed
			}
			return mapError(err)
		}
	}
	st.side = side
	if st.inTarget {
		keep(side.f)
	}
	now, err := side.f.Stat()
	if err == nil && st.like.there && st.like.put(side.f, now) {
		now, err = side.f.Stat()
	}
	if err != nil {
		st.dropSidecar()
		return mapError(err)
	}
	side.perm = now.Perm
	if err := b.writeSidecar(st, data); err != nil {
		st.dropSidecar()
		return err
	}
	return nil
}

// writeSidecar writes and syncs the staged sidecar, and syncs the content if necessary.
func (b *backend) writeSidecar(st *staged, data []byte) error {
	f := st.side.f
	_, err := f.Write(data)
	f.SetModTime(st.rec.mtime) // without this time the sidecar is read more often
	if err == nil && !b.opts.NoSync {
		if st.dirty {
			f.StartSync()
			err = st.f.Sync()
		}
		if err == nil {
			st.dirty = false
			err = f.Sync()
		}
	}
	return mapError(err)
}

// dropSidecar removes a staged sidecar that isn't needed.
func (st *staged) dropSidecar() {
	if s := st.side; s != nil {
		s.f.Close()
		if s.name != "" {
			s.dir.Unlink(s.name)
		}
		st.side = nil
	}
}

// putSidecar moves the staged sidecar to its name, before the content. If the content's
// record has the attributes too, the sidecar's data must be on disk, for the sake of
// the current content, but its rename needn't be.
func (b *backend) putSidecar(st *staged, p *filePaths, d fsys.Dir, old sidecarKind) error {
	s := st.side
	if s.name == "" {
		return b.linkSidecar(st, p, d, old)
	}
	err := b.moveSidecar(st, s, p, d, old == realSidecar, 0)
	if err == errTouched {
		st.dropSidecar()
		return errUnprepared
	}
	if err != nil {
		if fsys.IsDirectory(err) {
			return driver.WithCause(files.ErrUnsupported, err,
				"a folder has the name of the sidecar that would hold the attributes")
		}
		if err = b.mapRenameError(err, s.dir, s.name); err == errStageLost {
			st.dropSidecar()
			return errUnprepared
		}
		return err
	}
	if old == realSidecar && !b.opts.NoSync {
		st.dropSidecar() // the staged name now holds the old sidecar
	} else {
		s.f.Close()
		st.side = nil
	}
	if b.opts.NoSync || st.inRec {
		return nil
	}
	return mapError(d.Sync())
}

// currentGeneration returns what belongs to the current content, in the folder d.
func (b *backend) currentGeneration(d fsys.Dir, p *filePaths, c *current) (generation, error) {
	f, st, err := d.OpenSeen(c.name)
	if missing(err) {
		return generation{}, retryLookup(err)
	}
	if err != nil {
		return generation{}, mapError(err)
	}
	defer f.Close()
	det := openedFile{f: f, st: st}
	_, err = det.describe(d, &filePaths{base: p.base})
	return generation{
		Size:       det.st.Size,
		ModTime:    det.st.ModTime,
		Token:      det.token,
		Digest:     det.digest,
		Attributes: det.attrs,
		Inode:      det.inode,
	}, err
}

// moveAside gives the file x.attrs, which has the name of x's sidecar, its escaped
// name. It is another file of the bucket in the same folder, with the same lock.
func (b *backend) moveAside(ctx context.Context, p *filePaths) error {
	name := p.name[:strings.LastIndexByte(p.name, '/')+1] + p.sidecar()
	if files.CheckName(name) != nil {
		return driver.Errorf(files.ErrUnsupported,
			"another file has the name of the sidecar that would hold the attributes")
	}
	to := b.pathsOfName(name)
	if to.dir != p.dir { // the escaped name is too long for one element
		if err := b.makeParents(ctx, &to); err != nil {
			return err
		}
	}
	d, err := b.openDir(p)
	if missing(err) {
		return retryLookup(err)
	}
	if err != nil {
		return mapError(err)
	}
	defer b.closeDir(d)
	dest, err := b.openDir(&to)
	if missing(err) {
		return retryLookup(err)
	}
	if err != nil {
		return mapError(err)
	}
	defer b.closeDir(dest)
	lock, err := b.lockDir(ctx, d, p.dir)
	if err != nil {
		return err
	}
	defer lock.unlock()
	if kind, err := b.sidecarAt(d, p); err != nil || kind != otherFile {
		return err
	}
	switch err := d.RenameNoReplace(p.sidecar(), dest, to.base); {
	case isExist(err): // the file was put since, so this content is older
		d.Unlink(p.sidecar())
	case isNotExist(err):
		return retryLookup(err)
	case err != nil:
		return mapError(err)
	}
	lock.unlock()
	if err := b.syncDir(dest); err != nil || dest == d {
		return err
	}
	return b.syncDir(d)
}
