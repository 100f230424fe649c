package local

import (
	"context"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// MaxDeleteMany returns how many names DeleteMany takes.
func (b *backend) MaxDeleteMany() int { return files.DeleteBatchSize }

// DeleteMany deletes a few files at a time (D3). On a full disk an unlink may itself need
// room, for example of a file in a lower layer of an overlay. A file whose deletion
// failed for that is tried again after the others, which may have made room.
func (b *backend) DeleteMany(ctx context.Context, names []string) []error {
	remove := func(ctx context.Context, name string) error {
		return b.Delete(ctx, driver.Key{Name: name}, "")
	}
	errs := driver.EachName(ctx, names, remove)
	for i, err := range errs {
		if fsys.IsFull(err) && ctx.Err() == nil {
			errs[i] = remove(ctx, names[i])
		}
	}
	return errs
}
