package local

import (
	"context"
	"iter"
	"runtime"
	"strings"
	"time"

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
				u, ok := b.unfinished(control, name)
				if ok && strings.HasPrefix(u.Name, prefix) && !yield(u, nil) {
					return
				}
			}
			if err != nil {
				yield(driver.UnfinishedUpload{}, mapError(err))
				return
			}
		}
	}
}

// unfinished returns the upload in a folder of the control folder, if it is one.
func (b *backend) unfinished(control, folder string) (u driver.UnfinishedUpload, ok bool) {
	id, ok := strings.CutSuffix(folder, sidecarExt)
	if id, ok = strings.CutPrefix(id, uploadMark); !ok || !isUploadID(id) {
		return u, false
	}
	d, err := b.root.OpenDir(control + "/" + folder)
	if err != nil {
		return u, false
	}
	defer d.Close()
	name, err := nameOfUpload(d)
	if err != nil {
		return u, false
	}
	st, err := d.Stat()
	if err != nil {
		return u, false
	}
	_, size, err := partsOf(d)
	if err != nil {
		return u, false
	}
	return driver.UnfinishedUpload{
		Name: name,
		ID:   id,
		Time: time.Unix(0, st.ModTime).UTC(),
		Size: size,
	}, true
}
