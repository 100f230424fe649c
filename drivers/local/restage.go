package local

import (
	"context"
	"io"
	"strings"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

// stagePrefix begins the names of uploads that are staged in their own folder, because a mount makes it another file system than the
// root. The session's id follows.
const stagePrefix = ownPrefix + "-"

func foreignStage(s *session) string { return stagePrefix + s.id + "-" + s.name() }

// restage copies a staged file to the file system of its folder. It has the same time.
func (b *backend) restage(ctx context.Context, from *staged, p *spot) (*staged, error) {
	d, err := b.root.OpenDir(p.dir)
	if missing(err) {
		return nil, lookAgain(err)
	}
	if err != nil {
		return nil, fault(err)
	}
	b.sweepFolder(p.dir, d, from.s)
	to := *from
	to.dir, to.own, to.name, to.side = d, true, foreignStage(from.s), nil
	if to.f, err = d.Create(to.name); err != nil {
		d.Close()
		if isNotExist(err) {
			return nil, lookAgain(err)
		}
		return nil, fault(err)
	}
	to.s.users.Add(1)
	now, err := to.f.Stat()
	to.perm = now.Perm
	if err == nil {
		err = copyAll(ctx, to.f, from.f, from.size)
	}
	if err == nil {
		err = b.seal(&to, from.rec.mtime)
	}
	if err != nil {
		to.close()
		return nil, stagedFault(err)
	}
	return &to, nil
}

// stagedFault is the error of a copy of what is staged.
func stagedFault(err error) error {
	if err == errChanged {
		return errTouched
	}
	return fault(err)
}

// copyAll copies size bytes from src's beginning.
func copyAll(ctx context.Context, dst, src fsys.File, size int64) error {
	p := pieces.Get().(*[]byte)
	defer pieces.Put(p)
	for off := int64(0); off < size; {
		if ctx.Err() != nil {
			return files.ContextError(ctx)
		}
		n, err := src.ReadAt((*p)[:min(size-off, pieceSize)], off)
		if n == 0 {
			if err == nil || err == io.EOF {
				err = errChanged
			}
			return err
		}
		if _, err := dst.Write((*p)[:n]); err != nil {
			return err
		}
		off += int64(n)
	}
	return nil
}

// sweepFolder removes what dead sessions have staged in a folder, once for each folder that the handle meets.
func (b *backend) sweepFolder(path string, d fsys.Dir, s *session) {
	st, err := d.Stat()
	id := dirID{st.Dev, st.Ino, st.Birth}
	if b.lockless() || err != nil || b.swept.known(path, id) {
		return
	}
	b.swept.add(path, id)
	for _, name := range list(d) {
		rest, ok := strings.CutPrefix(name, stagePrefix)
		id, _, ok2 := strings.Cut(rest, "-")
		if ok && ok2 && strings.HasSuffix(name, sidecarExt) && id != s.id && !s.living(id) {
			d.Unlink(name)
		}
	}
}

// living reports whether the process of another session lives, or may do so.
func (s *session) living(id string) bool {
	dir, err := s.control.OpenDir(sessionMark + id + sidecarExt)
	if err != nil {
		return !isNotExist(err)
	}
	defer dir.Close()
	dead, _ := s.b.dead(dir)
	return !dead
}

// rescue makes another staged file of one whose name is gone from the control folder. What was
// written can still be read.
func (b *backend) rescue(ctx context.Context, from *staged) (*staged, error) {
	fresh, err := b.beginStage(ctx)
	if err != nil {
		return nil, err
	}
	to := *from
	to.s, to.dir, to.name, to.f, to.own, to.side = fresh.s, fresh.dir, fresh.name, fresh.f, false, nil
	to.perm = fresh.perm
	if err = to.f.Clone(from.f); err != nil {
		err = copyAll(ctx, to.f, from.f, from.size)
	}
	if err == nil {
		err = b.seal(&to, from.rec.mtime)
	}
	if err != nil {
		to.close()
		return nil, stagedFault(err)
	}
	return &to, nil
}
