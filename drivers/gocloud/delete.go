package gocloud

import (
	"context"
	"errors"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Delete removes the key; a missing one is not an error (D1). fileblob also removes an
// empty folder of that name, which isn't a file, and fails for a folder with files.
func (b *backend) Delete(ctx context.Context, key driver.Key, ifVersion files.Version) error {
	if b.isOverBridge() {
		return b.deleteNative(ctx, key, ifVersion)
	}
	if err := b.checkDir(); err != nil {
		return err
	}
	err := b.mapError(ctx, opDelete, b.bucket.Delete(ctx, key.Name))
	if errors.Is(err, files.ErrNotExist) && !errors.Is(err, files.ErrNoBucket) {
		return nil
	}
	return err
}
