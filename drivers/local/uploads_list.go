package local

import (
	"context"
	"iter"
	"runtime"
	"strings"
	"time"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files/driver"
)

// ListUploads implements driver.PartUploader.
func (b *backend) ListUploads(ctx context.Context,
	prefix string) iter.Seq2[driver.UnfinishedUpload, error] {
	return func(yield func(driver.UnfinishedUpload, error) bool) {
		defer runtime.KeepAlive(b)
		if err := b.alive(); err != nil {
			yield(driver.UnfinishedUpload{}, err)
			return
		}
		var failed error // of the first upload that can't be read
		for _, control := range []string{controlDir, userControl()} {
			c, err := b.root.OpenDir(control)
			if missing(err) || isDenied(err) {
				continue
			}
			if err != nil {
				yield(driver.UnfinishedUpload{}, mapError(err))
				return
			}
			names, err := list(c)
			c.Close()
			for _, name := range names {
				if ctx.Err() != nil {
					yield(driver.UnfinishedUpload{}, driver.ContextError(ctx))
					return
				}
				u, ok, err := b.unfinished(control, name)
				if err != nil && failed == nil {
					failed = err
				}
				if ok && strings.HasPrefix(u.Name, prefix) && !yield(u, nil) {
					return
				}
			}
			if err != nil {
				yield(driver.UnfinishedUpload{}, mapError(err))
				return
			}
		}
		if failed != nil {
			yield(driver.UnfinishedUpload{}, failed)
		}
	}
}

// unfinished returns the upload in a folder of the control folder, if it is one. One that
// another process has just removed, or that is another user's, is none.
func (b *backend) unfinished(control, folder string) (u driver.UnfinishedUpload, ok bool,
	err error) {
	id, ours := strings.CutSuffix(folder, sidecarExt)
	if id, ok = strings.CutPrefix(id, uploadMark); !ours || !ok || !isUploadID(id) {
		return u, false, nil
	}
	u.ID = id
	d, err := b.root.OpenDir(control + "/" + folder)
	if err == nil {
		defer d.Close()
		u.Name, err = nameOfUpload(d)
	}
	var st fsys.Stat
	if err == nil {
		st, err = d.Stat()
	}
	if err == nil {
		u.Time = time.Unix(0, st.ModTime).UTC()
		_, u.Size, err = partsOf(d, id)
	}
	switch {
	case missing(err), isDenied(err),
		err != nil && u.Name != "" && b.uploadLost(&driver.Upload{Name: u.Name, ID: id}):
		return u, false, nil
	case err != nil:
		return u, false, mapError(err)
	}
	return u, true, nil
}
