package local

import (
	"encoding/hex"
	"fmt"
	"io"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// found is an open file with what is known of it.
type found struct {
	f       fsys.File
	st      fsys.Stat
	version files.Version
	details
}

// details are what a record or a sidecar says about a content.
type details struct {
	own     bool   // a record belongs to the content
	inode   uint64 // of the file, where the sidecar stands for its record
	attrs   files.Attributes
	digest  files.Digest
	token   string
	corrupt error // the content is not what was written
	lost    error // there are attributes that can't be read
}

func (f *found) info() files.Info {
	return files.Info{Entry: entry(f.st, f.version), Attributes: f.attrs, Digest: f.digest}
}

func entry(st fsys.Stat, v files.Version) files.Entry {
	return files.Entry{Size: st.Size, ModTime: st.Modified(), Version: v}
}

// find opens a file and finds what belongs to its content. A missing file is
// files.ErrNotExist. The caller closes it.
func (b *backend) find(p *spot) (found, error) {
	var last fsys.Stat
	for try := 0; ; try++ {
		f, st, err := b.openAt(p)
		if err != nil {
			return found{}, err
		}
		d, consistent, err := describeSeen(b.root, p, f, &st)
		if missing(err) && try < 100 {
			f.Close() // something that is no file took its name between the look and the opening
			continue
		}
		if err == nil && !d.own && try < 100 && b.left(p, st) {
			// Somebody exchanged it for another, and others may change it where it lies
			// now.
			f.Close()
			continue
		}
		if err == nil && !consistent && (st != last && try < 100) {
			// Writers were faster, or the file was changed by other means: then the
			// second look finds the same.
			last = st
			f.Close()
			continue
		}
		if err == nil && d.attrs.ContentType == "" {
			d.attrs.ContentType, err = contentType(p.name, f)
		}
		var v files.Version
		if err == nil {
			v, err = b.versionOfOpen(f, &st, &d)
		}
		if fsys.IsStale(err) && try < maxConfirms { // it was replaced, and is no longer known
			f.Close()
			continue
		}
		if err != nil {
			f.Close()
			return found{}, fault(err)
		}
		return found{f, st, v, d}, nil
	}
}

// left reports whether a file that was opened isn't at its place any more. It is called
// for files without a record, since a file that a Put has replaced lies in the control
// folder until it is removed.
func (b *backend) left(p *spot, st fsys.Stat) bool {
	for i := range p.alts {
		if now, err := b.root.Lstat(p.path(p.at(i))); err == nil && now.SameFile(st) {
			return false
		}
	}
	return true
}

// openAt opens the file at the first of its places. While one writer moves it from one
// to the other, both may seem empty; so they are looked at twice.
func (b *backend) openAt(p *spot) (fsys.File, fsys.Stat, error) {
	for try := 0; try < 2 || try < maxConfirms && !b.confirmedAt(p); try++ {
		for i := range p.alts {
			f, st, err := b.root.OpenSeen(p.path(p.at(i)))
			if missing(err) {
				continue
			}
			if err == nil && p.unlessSidecar(i) && headIsSidecar(f) {
				f.Close()
				continue
			}
			return f, st, fault(err)
		}
	}
	return nil, fsys.Stat{}, files.ErrNotExist
}

// describe finds what belongs to the content of an open file, whose place is below dir.
// It is not consistent if the sidecar describes only other contents. Then the details
// are those of the newest.
func describe(dir fsys.Dir, p *spot, f fsys.File,
	st fsys.Stat) (d details, consistent bool, err error) {
	rec, ok, err := readRecord(f, st)
	if err != nil {
		return d, false, err
	}
	return describeBy(rec, ok, dir, p, f, st)
}

// describeSeen is describe of a file whose state was seen before it was opened. A
// record that belongs to that state proves that it is the same file. Without one, the
// open file is looked at.
func describeSeen(dir fsys.Dir, p *spot, f fsys.File,
	st *fsys.Stat) (d details, consistent bool, err error) {
	rec, ok, err := readRecord(f, *st)
	if err == nil && !ok {
		*st, err = f.Look()
		ok = rec.belongsTo(*st)
	}
	if err != nil {
		return d, false, err
	}
	return describeBy(rec, ok, dir, p, f, *st)
}

func describeBy(rec record, ok bool, dir fsys.Dir, p *spot, f fsys.File,
	st fsys.Stat) (d details, consistent bool, err error) {
	d.own = ok
	if ok {
		d.digest, d.token, d.attrs.ContentType = rec.digest, rec.token, rec.typ
		if rec.attrs != nil {
			d.attrs = *rec.attrs
		}
		if !rec.sidecar || rec.attrs != nil && !edited(dir, p.sidecarPath(), st) {
			return d, true, nil
		}
	} else if rec.mtime == st.ModTime && rec.size != st.Size && !wholeMicro(st.ModTime) {
		d.corrupt = wrongSize(st.Size, rec.size)
	}
	sidecarPath := p.sidecarPath()
	s, sst, err := readSidecar(dir, sidecarPath)
	if s == nil && err == nil && !ok {
		folder, base := split(sidecarPath)
		for try := 0; s == nil && err == nil && try < maxConfirms; try++ {
			if confirmedAt(dir, folder, base) {
				break
			}
			s, sst, err = readSidecar(dir, sidecarPath)
		}
	}
	if err != nil {
		return d, false, err
	}
	if s == nil && rec.attrs != nil && ok {
		return d, true, nil // it is lost
	}
	if s == nil {
		if ok { // a sidecar that should be there may just have gone with its file
			return d, false, nil
		}
		// And so may one that no record mentions: it goes after the file, so a file
		// that still has its name had none.
		now, err := f.Stat()
		return d, now.Nlink > 0, fault(err)
	}
	if s.broken != nil {
		d.lost = s.broken
		return d, true, nil
	}
	if s.Own == nil {
		d.attrs = s.attributes()
		if !ok && len(s.MD5) == 16 && st.ModTime <= sst.ModTime {
			d.digest.MD5 = hex.EncodeToString(s.MD5)
		}
		return d, true, nil
	}
	if i := s.generation(st, d.token); i >= 0 {
		g := &s.Own.Generations[i]
		d.attrs, d.token = g.Attributes, g.Token
		if i == 0 {
			d.attrs = s.newest()
		}
		if !ok {
			d.digest, d.own = g.Digest, g.owns(st)
			if d.own {
				d.inode = g.Inode
			}
		}
		return d, true, nil
	}
	for _, g := range s.Own.Generations {
		if g.ModTime == st.ModTime && g.Size != st.Size && !wholeMicro(st.ModTime) {
			d.corrupt = wrongSize(st.Size, g.Size)
		}
	}
	if rec.attrs != nil && ok {
		return d, true, nil // the sidecar is of another content, which was to replace this one
	}
	if len(s.Own.Generations) > 0 {
		d.attrs = s.Own.Generations[0].Attributes
	}
	return d, false, nil
}

// contentType finds the type of a file that was given none (P6).
func contentType(name string, f fsys.File) (string, error) {
	if t, ok := driver.TypeByName(name); ok {
		return t, nil
	}
	var head [driver.SniffLen]byte
	n, err := f.ReadAt(head[:], 0)
	if err != nil && err != io.EOF {
		return "", fault(err)
	}
	return driver.ContentType(name, head[:n]), nil
}

// wrongSize is the error for a file that was cut or written to since it was put. The
// words are for logs (E1).
func wrongSize(have, written int64) error {
	return files.WithCause(files.ErrCorrupt, nil,
		fmt.Sprintf("the file has %d bytes; %d were written", have, written))
}
