package local

import (
	"context"
	"strings"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

// sidecarKind tells what lies where a file's sidecar goes.
type sidecarKind uint8

const (
	noSidecar sidecarKind = iota
	ourSidecar
	otherFile // a file that is named x.attrs
)

func (b *backend) sidecarAt(d fsys.Dir, p *spot) (sidecarKind, error) {
	st, err := d.Lstat(p.sidecar())
	switch {
	case missing(err):
		return noSidecar, nil
	case err != nil:
		return noSidecar, fault(err)
	case st.Type == fsys.Directory:
		return noSidecar, nil // a rename onto it fails
	case st.Type != fsys.Regular:
		return noSidecar, nil // a link, which is no file, and is replaced
	case strings.HasPrefix(p.base, endMark):
		return ourSidecar, nil // in a chain lies nothing else
	}
	is, err := isSidecar(d, p.sidecar())
	switch {
	case missing(err):
		return noSidecar, nil
	case is:
		return ourSidecar, fault(err)
	}
	return otherFile, fault(err)
}

// putSidecar replaces the sidecar by one for the staged content and the current one, and makes it, and the content, durable: the
// content must not be renamed before. Where the content's record has the attributes too, only what the sidecar says must be on disk, for
// the sake of the current content, and not its rename.
func (b *backend) putSidecar(st *staged, p *spot, d fsys.Dir, c *current) error {
	generations := []generation{st.generation()}
	if c.exists {
		old, err := b.currentGeneration(p, c)
		if err != nil {
			return err
		}
		generations = append(generations, old)
	}
	data, err := encodeSidecar(generations...)
	if err != nil {
		return err
	}
	name := st.s.name()
	if st.own {
		name = foreignStage(st.s)
	}
	if err := b.writeSidecar(st, name, data); err != nil {
		return err
	}
	if err := st.dir.Rename(name, d, p.sidecar()); err != nil {
		st.dir.Unlink(name)
		if fsys.IsDirectory(err) {
			return files.Errorf(files.ErrUnsupported, "a folder stands where the attributes would be kept")
		}
		return renameFault(err)
	}
	if b.opts.NoSync || st.inRec {
		return nil
	}
	return fault(d.Sync())
}

// currentGeneration is what belongs to the content that is there.
func (b *backend) currentGeneration(p *spot, c *current) (generation, error) {
	f, st, err := b.root.OpenFile(p.path(c.name))
	if missing(err) {
		return generation{}, errRetry
	}
	if err != nil {
		return generation{}, fault(err)
	}
	defer f.Close()
	d, _, err := describe(b.root, p.path(p.sidecar()), f, st)
	return generation{Size: st.Size, ModTime: st.ModTime, Token: d.token, Digest: d.digest, Attributes: d.attrs}, err
}

// writeSidecar stages a sidecar, and syncs it and, if that is still to be done, the content.
func (b *backend) writeSidecar(st *staged, name string, data []byte) error {
	f, err := st.dir.Create(name)
	if err != nil {
		return fault(err)
	}
	defer f.Close()
	if _, err = f.Write(data); err == nil && !b.opts.NoSync {
		if st.dirty {
			f.StartSync()
			err = st.f.Sync()
		}
		if err == nil {
			st.dirty = false
			err = f.Sync()
		}
	}
	if err != nil {
		st.dir.Unlink(name)
	}
	return fault(err)
}

// moveAside gives the file x.attrs, which lies where the sidecar of x goes, its escaped place. It is a file of its own, with a lock of
// its own.
func (b *backend) moveAside(ctx context.Context, s *session, p *spot) error {
	name := p.name[:strings.LastIndexByte(p.name, '/')+1] + p.sidecar()
	if files.CheckName(name) != nil {
		return files.Errorf(files.ErrUnsupported, "another file lies where the attributes would be kept")
	}
	unlock, err := b.lockName(ctx, s, name)
	if err != nil {
		return err
	}
	defer unlock()
	d, err := b.folder(p)
	if missing(err) {
		return errRetry
	}
	if err != nil {
		return fault(err)
	}
	defer b.closeFolder(d)
	if kind, err := b.sidecarAt(d, p); err != nil || kind != otherFile {
		return err
	}
	_, base := b.rules.encode(name)
	switch err := d.RenameNoReplace(p.sidecar(), d, base); {
	case isExist(err): // the file has been put since: what lies here is older
		d.Unlink(p.sidecar())
	case err != nil:
		return renameFault(err)
	}
	return b.syncFolder(d)
}
