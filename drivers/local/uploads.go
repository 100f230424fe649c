package local

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// An upload in parts that outlives its process is a folder u-<id>.attrs in the control
// folder. It has the file name.attrs. Parts are written to their places in one file,
// which becomes the upload's file (uploads_content.go). A part for which that isn't
// possible is a file of its own, whose name contains the part's number, size and
// CRC-32C. It is written under a temporary name and then renamed, so another process
// with the same upload changes no part that exists, and a part with other content has
// another name. Completing the upload is a Put of the parts, one after the other. Each
// part is compared with its CRC-32C, so parts needn't be synced.
//
// The folder stays when its process ends. The first write of a later handle removes it
// if nothing was written to it for uploadAge.

const (
	uploadMark = "u-"
	uploadName = "name" + sidecarExt
	partPrefix = "p-"
	uploadAge  = 7 * 24 * time.Hour
	// maxUploadName is the longest name in name.attrs that is read, in bytes.
	maxUploadName = files.MaxName
)

var _ driver.PartUploader = (*backend)(nil)

// UploadLimits implements driver.PartUploader.
func (b *backend) UploadLimits() driver.UploadLimits {
	return driver.UploadLimits{MinPart: 1, MaxPart: 1 << 40, MaxParts: 10_000}
}

// UploadStore implements driver.PartUploader. It returns the folder's path, without
// links.
func (b *backend) UploadStore() string {
	path, err := filepath.EvalSymlinks(b.path)
	if err != nil {
		path = b.path
	}
	return "local " + path
}

func uploadFolder(id string) string { return uploadMark + id + sidecarExt }

// isUploadID reports whether the text has the form of an ID, and so contains no
// separator.
func isUploadID(id string) bool {
	return len(id) == 20 && strings.Trim(id, "0123456789abcdef") == ""
}

// BeginUpload implements driver.PartUploader.
func (b *backend) BeginUpload(ctx context.Context, u *driver.Upload) (id string, err error) {
	defer runtime.KeepAlive(b)
	if err := b.alive(); err != nil {
		return "", err
	}
	if err := b.conditional(u.If); err != nil {
		return "", err
	}
	s, err := b.begin(ctx, nil)
	if err != nil {
		return "", err
	}
	defer s.release()
	id = randomID()
	folder := uploadFolder(id)
	if err := s.control.Mkdir(folder, 0o700); err != nil {
		return "", mapError(err)
	}
	d, err := s.control.OpenDir(folder)
	if err != nil {
		s.control.Rmdir(folder)
		return "", mapError(err)
	}
	defer func() {
		if err != nil {
			removeUpload(d)
		}
		d.Close()
		if err != nil {
			s.control.Rmdir(folder)
		}
	}()
	if b.opts.SkipMetadata && !keepsRecord(d) { // FindUpload would never find the upload
		return "", files.ErrUnsupported
	}
	makeContent(s, d, id)
	return id, writeAs(d, uploadName, strings.NewReader(u.Name))
}

// keepsRecord reports whether files can have a record without a sidecar.
func keepsRecord(d fsys.Dir) bool {
	temp := "t-" + randomID() + sidecarExt
	f, err := d.CreatePrivate(temp)
	if err != nil {
		return false
	}
	defer d.Unlink(temp)
	defer f.Close()
	rec := record{token: newToken()}
	return f.Setxattr(recordAttr, rec.encode(nil)) == nil
}

// writeAs writes a file under a temporary name, and then renames it.
func writeAs(d fsys.Dir, name string, content io.Reader) error {
	return writeNamed(d, content, func() string { return name })
}

// writeNamed is writeAs with a name that is known when the content has ended.
func writeNamed(d fsys.Dir, content io.Reader, name func() string) error {
	temp := "t-" + randomID() + sidecarExt
	f, err := d.CreatePrivate(temp)
	if err != nil {
		return mapError(err)
	}
	err = writeAll(f, content)
	f.Close()
	if err == nil {
		err = mapError(d.Rename(temp, d, name()))
	}
	if err != nil {
		d.Unlink(temp)
	}
	return err
}

// writeAll writes a content to the file, from its position on.
func writeAll(f fsys.File, content io.Reader) error {
	p := pieces.Get().(*[]byte)
	defer pieces.Put(p)
	for {
		n, err := content.Read(*p)
		if n > 0 {
			if _, werr := f.Write((*p)[:n]); werr != nil {
				return mapError(werr)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// openUpload opens the folder of a name's upload.
func (b *backend) openUpload(name, id string) (fsys.Dir, error) {
	if !isUploadID(id) {
		return nil, driver.ErrUploadGone
	}
	if err := b.alive(); err != nil {
		return nil, err
	}
	for _, control := range []string{controlDir, userControl()} {
		d, err := b.root.OpenDir(control + "/" + uploadFolder(id))
		if missing(err) || isDenied(err) {
			continue
		}
		if err != nil {
			return nil, mapError(err)
		}
		of, err := nameOfUpload(d)
		switch {
		case err == nil && of == name:
			return d, nil
		case err == nil || missing(err):
			err = driver.ErrUploadGone
		default: // it says nothing about the upload
			err = mapError(err)
		}
		d.Close()
		return nil, err
	}
	return nil, driver.ErrUploadGone
}

// nameOfUpload reads the name of the file that is uploaded.
func nameOfUpload(d fsys.Dir) (string, error) {
	return readShort(d, uploadName, maxUploadName)
}

// readShort reads a file, but at most one byte more than most.
func readShort(d fsys.Dir, name string, most int) (string, error) {
	f, _, err := d.OpenFile(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	buf := make([]byte, most+1)
	n, err := f.ReadAt(buf, 0)
	if err != nil && err != io.EOF {
		return "", err
	}
	return string(buf[:n]), nil
}

// partName returns the name of a part's file. Without the suffix it is the part's tag.
func partName(number int, size int64, crc32c uint32) string {
	return fmt.Sprintf(partPrefix+"%d-%d-%08x", number, size, crc32c) + sidecarExt
}

func parsePart(name string) (p driver.UploadedPart, ok bool) {
	tag, ok := strings.CutSuffix(name, sidecarExt)
	fields := strings.Split(tag, "-")
	if !ok || len(fields) != 4 || fields[0] != "p" {
		return p, false
	}
	number, err1 := strconv.Atoi(fields[1])
	size, err2 := strconv.ParseInt(fields[2], 10, 64)
	crc, err3 := strconv.ParseUint(fields[3], 16, 32)
	p = driver.UploadedPart{
		Number: number,
		Size:   size,
		CRC32C: uint32(crc),
		Tag:    tag,
	}
	return p, errors.Join(err1, err2, err3) == nil && partName(number, size, p.CRC32C) == name
}

// PutPart implements driver.PartUploader.
func (b *backend) PutPart(ctx context.Context, u *driver.Upload,
	part *driver.Part) (string, error) {
	defer runtime.KeepAlive(b)
	d, err := b.openUpload(u.Name, u.ID)
	if err != nil {
		return "", err
	}
	defer d.Close()
	tag, err := putInPlace(ctx, d, u, part)
	if err == errElsewhere {
		name := partName(part.Number, part.Size, part.CRC32C)
		tag = strings.TrimSuffix(name, sidecarExt)
		err = writeAs(d, name, &whileLive{ctx, part.Reader()})
	}
	if err != nil && b.uploadLost(u) {
		return "", driver.ErrUploadGone
	}
	return tag, err
}

// uploadLost reports whether the upload no longer exists.
func (b *backend) uploadLost(u *driver.Upload) bool {
	d, err := b.openUpload(u.Name, u.ID)
	if err == nil {
		d.Close()
	}
	return err == driver.ErrUploadGone
}

// whileLive reads until the context ends.
type whileLive struct {
	ctx context.Context
	r   io.Reader
}

func (w *whileLive) Read(p []byte) (int, error) {
	if w.ctx.Err() != nil {
		return 0, driver.ContextError(w.ctx)
	}
	return w.r.Read(p)
}

// ListParts implements driver.PartUploader.
func (b *backend) ListParts(_ context.Context, u *driver.Upload) ([]driver.UploadedPart, error) {
	defer runtime.KeepAlive(b)
	d, err := b.openUpload(u.Name, u.ID)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	parts, _, err := partsOf(d, u.ID)
	if err != nil && b.uploadLost(u) { // another process has just completed it
		err = driver.ErrUploadGone
	}
	return parts, err
}

// partsOf returns the parts in an upload's folder by ascending number, of which two may
// have the same one: the later one comes last. size is that of all parts, also unfinished
// ones.
func partsOf(d fsys.Dir, id string) (parts []driver.UploadedPart, size int64, err error) {
	names, err := list(d)
	if err != nil {
		return nil, 0, mapError(err)
	}
	content, err := openContent(d, id, false)
	if err != nil {
		return nil, 0, mapError(err)
	}
	if content != nil {
		defer content.Close()
	}
	times := map[string]int64{}
	for _, name := range names {
		st, err := d.Lstat(name)
		if missing(err) {
			continue
		}
		if err != nil {
			return nil, 0, mapError(err)
		}
		p, ok := parsePart(name)
		ok = ok && st.Type == fsys.Regular && st.Size == p.Size
		marked, is, err := markedPart(d, name)
		switch {
		case err != nil:
			return nil, 0, err
		case is && content != nil:
			p, ok = marked, true
			size += p.Size
		case is, name == uploadName, name == contentName, name == locksName:
		default:
			size += st.Size
		}
		if ok {
			parts = append(parts, p)
			times[p.Tag] = st.ModTime
		}
	}
	slices.SortFunc(parts, func(a, b driver.UploadedPart) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(times[a.Tag], times[b.Tag]))
	})
	return parts, size, nil
}

// CompleteUpload implements driver.PartUploader.
func (b *backend) CompleteUpload(ctx context.Context, u *driver.Upload,
	parts []driver.UploadedPart) (files.Info, error) {
	defer runtime.KeepAlive(b)
	d, err := b.openUpload(u.Name, u.ID)
	if err != nil {
		return files.Info{}, err
	}
	defer d.Close()
	c := &completion{u: u, d: d, parts: &partsReader{d: d, left: parts}}
	defer c.close()
	info, err := b.store(ctx, u.PutRequest(ctx, c.parts), c)
	if c.parts.lost {
		c.removeDamaged(ctx)
		return files.Info{}, driver.ErrUploadGone
	}
	if err == nil {
		b.AbortUpload(ctx, u.Name, u.ID) // a later sweep removes what it leaves
	}
	return info, err
}

// FindUpload implements driver.PartUploader. It finds the upload by the token in the
// file's record.
func (b *backend) FindUpload(ctx context.Context, u *driver.Upload) (files.Info, bool, error) {
	defer runtime.KeepAlive(b)
	if !isUploadID(u.ID) {
		return files.Info{}, false, nil
	}
	var f openedFile
	err := b.lookupKey(ctx, driver.Key{Name: u.Name}, &f)
	if files.KindOf(err) == files.ErrNotExist {
		return files.Info{}, false, nil
	}
	if err != nil {
		return files.Info{}, false, err
	}
	defer f.f.Close()
	info := f.info()
	info.Entry = b.truncateTime(info.Entry)
	return info, f.hasRecord && f.token == tokenOf(u.ID), nil
}

// AbortUpload implements driver.PartUploader.
func (b *backend) AbortUpload(_ context.Context, name, id string) error {
	defer runtime.KeepAlive(b)
	d, err := b.openUpload(name, id)
	if err == driver.ErrUploadGone {
		return nil
	}
	if err != nil {
		return err
	}
	removeUpload(d)
	d.Close()
	for _, control := range []string{controlDir, userControl()} {
		c, err := b.root.OpenDir(control)
		if err != nil {
			continue
		}
		err = c.Rmdir(uploadFolder(id))
		c.Close()
		if err == nil {
			return nil
		}
	}
	if !b.uploadLost(&driver.Upload{Name: name, ID: id}) {
		return driver.Errorf(files.ErrUnavailable, "the upload can't be removed")
	}
	return nil
}

// removeUpload removes the files in an upload's folder. It removes name.attrs first,
// because without it no process continues the upload.
func removeUpload(d fsys.Dir) {
	d.Unlink(uploadName)
	names, _ := list(d)
	for _, name := range names {
		d.Unlink(name)
	}
}

// buryUpload removes an upload that no process has continued for uploadAge.
func (b *backend) buryUpload(control fsys.Dir, name string) {
	d, err := control.OpenDir(name)
	if err != nil {
		return
	}
	defer d.Close()
	if st, err := d.Stat(); err == nil && time.Since(time.Unix(0, st.ModTime)) > uploadAge {
		removeUpload(d)
		control.Rmdir(name)
	}
}
