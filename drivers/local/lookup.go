package local

import (
	"encoding/hex"
	"fmt"
	"io"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// openedFile is an open file and what is known of it.
type openedFile struct {
	f       fsys.File
	st      fsys.Stat
	version files.Version
	details
}

// details are what a record or a sidecar says about the content.
type details struct {
	hasRecord  bool   // a record belongs to the content
	inode      uint64 // of the file, if the sidecar replaces its record
	attrs      files.Attributes
	digest     files.Digest
	token      string
	corrupt    error // set if the content is not what was written
	unreadable error // set if there are attributes that can't be read
}

func (f *openedFile) info() files.Info {
	return files.Info{Entry: entry(f.st, f.version), Attributes: f.attrs, Digest: f.digest}
}

func entry(st fsys.Stat, v files.Version) files.Entry {
	return files.Entry{Size: st.Size, ModTime: st.Modified(), Version: v}
}

// lookup opens a file and sets f to the file and what belongs to its content. A missing
// file is files.ErrNotExist. The caller closes f.f, unless there is an error.
func (b *backend) lookup(p *filePaths, f *openedFile) error {
	var last fsys.Stat
	for try := 0; ; try++ {
		if err := b.openAt(p, f); err != nil {
			return err
		}
		consistent, err := f.describe(b.root, p)
		again := false
		switch {
		case missing(err):
			again = true // something else got the name between Lstat and the opening
		case err == nil && !f.hasRecord && b.left(p, f.st):
			// The file was replaced while it was opened, and other programs may change
			// it under its name in the control folder.
			again = true
		case err == nil && !consistent && f.st != last:
			// A writer replaced the file, or another program changed it. In the second
			// case the next lookup finds the same state.
			last, again = f.st, true
		}
		if again && try < 100 {
			f.f.Close()
			continue
		}
		if err == nil && f.attrs.ContentType == "" {
			f.attrs.ContentType, err = contentType(p.name, f.f)
		}
		if err == nil {
			f.version, err = b.versionOfOpen(f.f, &f.st, &f.details)
		}
		// the file was replaced, and the server no longer has it
		if fsys.IsStale(err) && try < maxConfirms {
			f.f.Close()
			continue
		}
		if err != nil {
			f.f.Close()
			return mapError(err)
		}
		return nil
	}
}

// left reports whether a file that was opened no longer has its name. It is called for
// files without a record, because a file that a Put replaced stays in the control
// folder until it is removed.
func (b *backend) left(p *filePaths, st fsys.Stat) bool {
	for i := range p.alts {
		if now, err := b.root.Lstat(p.path(p.at(i))); err == nil && now.SameFile(st) {
			return false
		}
	}
	return true
}

// openAt opens the file at the first of its paths that has one. While a writer moves
// the file from one path to another, both may seem to be missing, so openAt tries them
// twice.
func (b *backend) openAt(p *filePaths, found *openedFile) error {
	for try := 0; try < 2 || try < maxConfirms && !b.confirmedAt(p); try++ {
		for i := range p.alts {
			path := ""
			if i == 0 {
				path = p.first()
			} else {
				path = p.path(p.at(i))
			}
			f, st, err := b.root.OpenSeen(path)
			if missing(err) {
				continue
			}
			if err != nil {
				return mapError(err)
			}
			if p.unlessSidecar(i) && headIsSidecar(f) {
				f.Close()
				continue
			}
			found.f, found.st = f, st
			return nil
		}
	}
	return files.ErrNotExist
}

// describe finds what belongs to the content of an open file, whose paths are relative
// to dir. consistent is false if the sidecar describes only other contents. Then the
// details are those of the newest.
func describe(dir fsys.Dir, p *filePaths, f fsys.File,
	st fsys.Stat) (d details, consistent bool, err error) {
	of := openedFile{f: f, st: st}
	rec, ok, err := readRecord(f, &st)
	if err != nil {
		return d, false, err
	}
	consistent, err = of.describeBy(&rec, ok, dir, p)
	return of.details, consistent, err
}

// describe is the function describe for a file whose Stat is from before the opening. A
// record that belongs to that Stat proves that it is the same file. Without one,
// describe calls StatBirth on the open file.
func (f *openedFile) describe(dir fsys.Dir, p *filePaths) (consistent bool, err error) {
	rec, ok, err := readRecord(f.f, &f.st)
	if err == nil && !ok {
		f.st, err = f.f.StatBirth()
		ok = rec.belongsTo(&f.st)
	}
	if err != nil {
		return false, err
	}
	return f.describeBy(&rec, ok, dir, p)
}

func (f *openedFile) describeBy(rec *record, ok bool, dir fsys.Dir, p *filePaths) (consistent bool,
	err error) {
	f.details = details{hasRecord: ok}
	d, st := &f.details, &f.st
	if ok {
		d.digest, d.token, d.attrs.ContentType = rec.digest, rec.token, rec.typ
		if rec.attrs != nil {
			d.attrs = *rec.attrs
		}
		if !rec.sidecar || rec.attrs != nil && !edited(dir, p.sidecarPath(), st.ModTime) {
			return true, nil
		}
	} else if rec.mtime == st.ModTime && rec.size != st.Size && !wholeMicro(st.ModTime) {
		d.corrupt = wrongSize(st.Size, rec.size)
	}
	sidecarPath := p.sidecarPath()
	s, sst, err := readSidecar(dir, sidecarPath)
	if !ok {
		folder, base := split(sidecarPath)
		for try := 0; s == nil && err == nil && try < maxConfirms; try++ {
			if confirmedAt(dir, folder, base) {
				break
			}
			s, sst, err = readSidecar(dir, sidecarPath)
		}
	}
	if err != nil {
		return false, err
	}
	if s == nil {
		if ok {
			// The record replaces a sidecar that is lost. A record without attributes doesn't,
			// and the sidecar may just have been removed with its file.
			return rec.attrs != nil, nil
		}
		// A sidecar that no record mentions may have been removed too. That happens
		// after the file is removed, so a file that still has its name has no sidecar.
		now, err := f.f.Stat()
		return now.Nlink > 0, mapError(err)
	}
	if s.broken != nil {
		d.unreadable = s.broken
		return true, nil
	}
	if s.Own == nil {
		d.attrs = s.attributes()
		if !ok && len(s.MD5) == 16 && st.ModTime <= sst.ModTime {
			d.digest.MD5 = hex.EncodeToString(s.MD5)
		}
		return true, nil
	}
	if i := s.generation(*st, d.token); i >= 0 {
		g := &s.Own.Generations[i]
		d.attrs, d.token = g.Attributes, g.Token
		if i == 0 {
			d.attrs = s.newest()
		}
		if !ok {
			d.digest, d.hasRecord = g.Digest, g.owns(*st)
			if d.hasRecord {
				d.inode = g.Inode
			}
		}
		return true, nil
	}
	for _, g := range s.Own.Generations {
		if g.ModTime == st.ModTime && g.Size != st.Size && !wholeMicro(st.ModTime) {
			d.corrupt = wrongSize(st.Size, g.Size)
		}
	}
	if rec.attrs != nil && ok {
		return true, nil // the sidecar belongs to another content, which was to replace this one
	}
	if len(s.Own.Generations) > 0 {
		d.attrs = s.Own.Generations[0].Attributes
	}
	return false, nil
}

// contentType finds the content type of a file for which none is stored (P6).
func contentType(name string, f fsys.File) (string, error) {
	if t, ok := driver.TypeByName(name); ok {
		return t, nil
	}
	var head [driver.SniffLen]byte
	n, err := f.ReadAt(head[:], 0)
	if err != nil && err != io.EOF {
		return "", mapError(err)
	}
	return driver.ContentType(name, head[:n]), nil
}

// wrongSize returns the error for a file whose size has changed since it was put. The
// text is for logs (E1).
func wrongSize(have, written int64) error {
	return driver.WithCause(files.ErrCorrupt, nil,
		fmt.Sprintf("the file has %d bytes; %d were written", have, written))
}
