package driver

import (
	"context"

	"cloudfiles.dev/files"
)

// Delete checks the call and lets the backend delete the file.
func (b *bucket) Delete(ctx context.Context, name string, opts *files.DeleteOptions) error {
	var o files.DeleteOptions
	if opts != nil {
		o = *opts
	}
	key, err := target(name, o.Key)
	if err == nil {
		err = b.enter(ctx, key, func() error {
			if o.IfVersion != "" && !b.feat().DeleteIfVersion {
				return Errorf(files.ErrUnsupported,
					"the bucket can't delete a certain version")
			}
			return nil
		})
	} else if b.isClosed() {
		err = files.ErrClosed
	}
	if err != nil {
		return NewError(files.OpDelete, name, err)
	}
	defer b.release()
	return NewError(files.OpDelete, name, b.backend.Delete(ctx, key, o.IfVersion))
}
