package local

import (
	"bytes"
	"context"
	"io"
	"strings"
	"time"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files/driver"
)

// stagePrefix begins the names of uploads that are staged in the folder of their
// target, because it is on another file system than the root. The ID of the staging
// folder follows.
const stagePrefix = controlPrefix + "-"

func crossDevName(s *staging) string { return stagePrefix + s.id + "-" + s.name() }

// restage copies a staged file to the folder of its target. The copy has about the same
// time.
func (b *backend) restage(ctx context.Context, from *staged, p *filePaths) (*staged, error) {
	d, err := b.root.OpenDir(p.dir)
	if missing(err) {
		return nil, retryLookup(err)
	}
	if err != nil {
		return nil, mapError(err)
	}
	b.sweepDir(p.dir, d, from.s)
	to := *from
	to.dir, to.inTarget, to.name, to.side, to.unnamed = d, true, crossDevName(from.s), nil, false
	to.id, to.dressed, to.worn, to.content = fsys.Stat{}, false, false, false
	if to.f, err = to.s.create(d, to.name, &to.like); err != nil {
		d.Close()
		if isNotExist(err) {
			return nil, retryLookup(err)
		}
		return nil, mapError(err)
	}
	keep(to.f)
	to.s.users.Add(1)
	now, err := to.f.Stat()
	to.perm = now.Perm
	if err == nil {
		err = copyAll(ctx, to.f, from.f, from.size)
	}
	if err == nil {
		// not before the birth of the file
		err = b.seal(&to, max(from.rec.mtime, time.Now().UnixNano()))
	}
	if err != nil {
		to.close()
		return nil, mapStagedError(err)
	}
	return &to, nil
}

// mapStagedError maps the error of copying a staged file.
func mapStagedError(err error) error {
	if err == errChanged {
		return errTouched
	}
	return mapError(err)
}

// copyAll copies size bytes from the beginning of src to the beginning of dst. Pieces
// of zeros become holes.
func copyAll(ctx context.Context, dst, src fsys.File, size int64) error {
	p := pieces.Get().(*[]byte)
	defer pieces.Put(p)
	if err := dst.MoveTo(0); err != nil {
		return err
	}
	hole, end := false, int64(0)
	for off := int64(0); off < size; {
		if ctx.Err() != nil {
			return driver.ContextError(ctx)
		}
		n, err := src.ReadAt((*p)[:min(size-off, pieceSize)], off)
		if n == 0 {
			if err == nil || err == io.EOF {
				err = errChanged
			}
			return err
		}
		data := (*p)[:n]
		if err := writeAt(dst, data, off, end, &hole); err != nil {
			return err
		}
		if off += int64(n); !hole {
			end = off
		}
	}
	return extend(dst, end, size)
}

// writeAt writes the next piece, or leaves a hole. *hole reports whether the previous
// piece became a hole.
func writeAt(dst fsys.File, data []byte, off, end int64, hole *bool) error {
	if len(data) == pieceSize && isZero(data) {
		*hole = true
		return nil
	}
	if *hole {
		if err := checkEnd(dst, end); err != nil {
			return err
		}
		if err := dst.SetSize(off); err != nil { // needed if AppendOnly was called
			return err
		}
		if err := dst.MoveTo(off); err != nil {
			return err
		}
	}
	*hole = false
	_, err := dst.Write(data)
	return err
}

// isZero reports whether a piece has only zeros.
func isZero(p []byte) bool {
	return p[0] == 0 && bytes.Equal(p[1:], p[:len(p)-1])
}

// sweepDir removes what dead processes staged in a folder, once for each folder that
// the handle uses.
func (b *backend) sweepDir(path string, d fsys.Dir, s *staging) {
	st, err := d.Stat()
	id := dirID{st.Dev, st.Ino, st.Birth}
	if b.lockless() || err != nil || b.swept.known(path, id) {
		return
	}
	names, err := list(d)
	if err == nil {
		b.swept.add(path, id)
	}
	for _, name := range names {
		rest, ok := strings.CutPrefix(name, stagePrefix)
		id, _, ok2 := strings.Cut(rest, "-")
		if ok && ok2 && strings.HasSuffix(name, sidecarExt) && id != s.id && !b.living(s, id) &&
			abandoned(d, name) {
			d.Unlink(name)
		}
	}
}

// keep locks a file that is staged in the folder of its target, which shows other
// processes, until this one ends or commits the file, that it is in use.
func keep(f fsys.File) { f.TryLock(0) }

// abandoned reports whether no process keeps such a file. Its staging folder may not be
// found here, because it is in the control folder of another user, or of another root
// above or below.
func abandoned(d fsys.Dir, name string) bool {
	f, err := d.OpenLock(name)
	if err != nil {
		return false
	}
	defer f.Close()
	return f.TryLock(0) == nil
}

// living reports whether the process of another staging folder is alive, or may be.
func (b *backend) living(s *staging, id string) bool {
	dir, err := s.control.OpenDir(stagingMark + id + sidecarExt)
	if err != nil {
		return !isNotExist(err)
	}
	defer dir.Close()
	dead := b.dead(dir)
	return !dead
}

// rescue makes a new staged file from one whose name is gone from the control folder.
// The open file can still be read.
func (b *backend) rescue(ctx context.Context, from *staged) (*staged, error) {
	fresh, err := b.beginStage(ctx, nil, from.like)
	if err != nil {
		return nil, err
	}
	to := *from
	to.s, to.dir, to.name, to.f, to.inTarget, to.side = fresh.s, fresh.dir, fresh.name, fresh.f,
		false,
		nil
	to.unnamed, to.dressed, to.worn, to.content = fresh.unnamed, false, false, false
	to.perm, to.id = fresh.perm, fsys.Stat{}
	if err = to.f.Clone(from.f); err != nil {
		err = copyAll(ctx, to.f, from.f, from.size)
	}
	if err == nil {
		// not before the birth of the file
		err = b.seal(&to, max(from.rec.mtime, time.Now().UnixNano()))
	}
	if err != nil {
		to.close()
		return nil, mapStagedError(err)
	}
	return &to, nil
}
