package local

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files/driver"
)

// The content file of an upload, content.attrs in its folder, becomes the file, so that
// a large file is written only once.
//
//   - A part is written to its place in the content file. Then m-<number>.attrs, the
//     mark, says so: its text is the part's tag.
//   - While a process writes a part in its place, it holds the lock of the byte with the
//     part's number in locks.attrs. Once there is a mark, nobody writes in that place
//     again: the same part with another content is a file of its own. So is a part whose
//     lock another process holds.
//   - Completing the upload takes the locks of all parts, and holds them until the end.
//     It reads the content file, compares each part with its CRC-32C, and copies parts
//     that are files of their own to their places. The content file is then a staged
//     file, which the commit moves to its target. If it can't be one, the parts are
//     copied to a new staged file.
//   - The record of the content file has the upload's token. A commit can exchange two
//     files, and a process that is killed at that moment leaves the replaced one under
//     the name content.attrs. It has no such record, so nobody writes to it.

const (
	contentName = "content" + sidecarExt
	locksName   = "locks" + sidecarExt

	markPrefix  = "m-"
	placePrefix = "c-" // of the tag of a part in its place
)

// maxMark is the greatest length of a mark's text, in bytes.
const maxMark = 64

var errElsewhere = errors.New("the part can't be written in its place")

// tokenOf returns the token that the record of an upload's file has.
func tokenOf(id string) string { return id[:2*tokenLen] }

func markName(number int) string { return markPrefix + strconv.Itoa(number) + sidecarExt }

// makeContent makes the content file of a new upload. Without it, every part is a file.
func makeContent(s *staging, d fsys.Dir, id string) {
	f, err := s.create(d, contentName, &ownership{})
	if err != nil {
		return
	}
	defer f.Close()
	rec := record{token: tokenOf(id)}
	if f.Setxattr(recordAttr, rec.encode(nil)) != nil {
		d.Unlink(contentName)
	}
}

// openContent opens the content file, for reading or also for writing. It returns nil if
// the upload has none. Opening it for writing makes the commit of another process fail,
// which can't tell what the opener will do, so only the holder of a lock does that.
func openContent(d fsys.Dir, id string, writing bool) (fsys.File, error) {
	st, err := d.Lstat(contentName)
	if missing(err) || err == nil && st.Type != fsys.Regular {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	open := d.OpenLock
	if !writing {
		open = func(name string) (fsys.File, error) {
			f, _, err := d.OpenFile(name)
			return f, err
		}
	}
	f, err := open(contentName)
	if err != nil {
		return nil, err
	}
	rec, _, err := readRecord(f, &st)
	if err == nil && rec.token == tokenOf(id) {
		return f, nil
	}
	f.Close()
	return nil, err
}

// putInPlace writes a part to its place in the content file. The error is errElsewhere
// if the part must be a file of its own.
func putInPlace(ctx context.Context, d fsys.Dir, u *driver.Upload,
	part *driver.Part) (tag string, err error) {
	lock, err := d.OpenLock(locksName)
	if err != nil {
		return "", errElsewhere
	}
	defer lock.Close()
	if lock.TryLock(int64(part.Number)) != nil {
		return "", errElsewhere
	}
	f, err := openContent(d, u.ID, true)
	if f == nil || err != nil {
		return "", errElsewhere
	}
	defer f.Close()
	tag = placedTag(part.Number, part.Size, part.CRC32C)
	mark := markName(part.Number)
	switch was, err := readShort(d, mark, maxMark); {
	case err == nil && was == tag:
		return tag, nil
	case !missing(err):
		return "", errElsewhere
	}
	if err := f.MoveTo(part.Offset); err != nil {
		return "", mapError(err)
	}
	if err := writeAll(f, &whileLive{ctx, part.Reader()}); err != nil {
		return "", err
	}
	return tag, writeAs(d, mark, strings.NewReader(tag))
}

// markedPart returns the part that a mark stands for. ok is false if the name isn't that
// of a mark, or if its text isn't a tag.
func markedPart(d fsys.Dir, name string) (p driver.UploadedPart, ok bool, err error) {
	if !strings.HasPrefix(name, markPrefix) || !strings.HasSuffix(name, sidecarExt) {
		return p, false, nil
	}
	tag, err := readShort(d, name, maxMark)
	if missing(err) {
		return p, false, nil
	}
	if err != nil || !inPlace(tag) {
		return p, false, mapError(err)
	}
	p, ok = parsePart(partPrefix + tag[len(placePrefix):] + sidecarExt)
	p.Tag = tag
	return p, ok && markName(p.Number) == name, nil
}

// inPlace reports whether a tag is that of a part in the content file.
func inPlace(tag string) bool { return strings.HasPrefix(tag, placePrefix) }

// placedTag returns the tag of a part in the content file.
func placedTag(number int, size int64, crc32c uint32) string {
	name := strings.TrimPrefix(partName(number, size, crc32c), partPrefix)
	return placePrefix + strings.TrimSuffix(name, sidecarExt)
}

// completion is an upload that is completed.
type completion struct {
	u     *driver.Upload
	d     fsys.Dir
	parts *partsReader
	locks fsys.File
}

// adopt makes the content file a staged file. It returns nil if that isn't possible.
func (c *completion) adopt(ctx context.Context, b *backend, like ownership) (*staged, error) {
	locked := c.lock()
	f, err := openContent(c.d, c.u.ID, locked)
	if f == nil || err != nil {
		return nil, mapError(err)
	}
	c.parts.content = f
	s, err := b.begin(ctx, nil)
	if err != nil {
		c.parts.close()
		return nil, err
	}
	id, err := f.StatBirth()
	if err != nil || !locked || !asNew(s, f, id) {
		s.release()
		return nil, nil // parts are read from it, and copied
	}
	c.parts.inPlace = true
	return &staged{
		s:       s,
		dir:     c.d,
		name:    contentName,
		f:       f,
		id:      id,
		perm:    id.Perm,
		like:    like,
		content: true,
	}, nil
}

// asNew reports whether a content file has the mode of a new file. If an earlier
// completion failed, it may have those of the file that was to be replaced.
func asNew(s *staging, f fsys.File, st fsys.Stat) bool {
	if windows || !s.owners {
		return true
	}
	n, err := f.Getxattr(accessList, nil)
	return st.Perm.Perm() == s.filePerm && (err != nil || n == 0)
}

// lock takes the locks of all parts. It returns false if a process is writing one.
func (c *completion) lock() bool {
	var err error
	if c.locks, err = c.d.OpenLock(locksName); err != nil {
		return false
	}
	for _, p := range c.parts.left {
		if c.locks.TryLock(int64(p.Number)) != nil {
			return false
		}
	}
	return true
}

// removeDamaged reads the parts behind the one that is lost, and removes those that are
// damaged or gone too, so that all of them are sent again at once.
func (c *completion) removeDamaged(ctx context.Context) {
	r := c.parts
	if r.inPlace { // the staged file has closed it
		var err error
		r.inPlace = false
		if r.content, err = openContent(c.d, c.u.ID, false); err != nil {
			return
		}
	}
	for len(r.left) > 1 && ctx.Err() == nil {
		r.close()
		r.off += r.left[0].Size
		r.left = r.left[1:]
		io.Copy(io.Discard, &whileLive{ctx, r})
	}
}

// close closes what the staged file doesn't own.
func (c *completion) close() {
	if c.locks != nil {
		c.locks.Close()
	}
	c.parts.close()
	if c.parts.content != nil && !c.parts.inPlace {
		c.parts.content.Close()
	}
}

// read reads the content, which is in the staged file already, so that it is checked.
func (st *staged) read(content *driver.Content, sniff bool) error {
	p := pieces.Get().(*[]byte)
	defer pieces.Put(p)
	for {
		n, err := readPiece(content, *p)
		if st.size == 0 && sniff {
			st.head = append(st.head, (*p)[:min(n, driver.SniffLen)]...)
		}
		st.size += int64(n)
		if err == nil {
			continue
		}
		if err != io.EOF {
			return err
		}
		now, err := st.f.Stat()
		if err == nil && now.Size != st.size {
			err = st.f.SetSize(st.size)
		}
		return mapError(err)
	}
}
