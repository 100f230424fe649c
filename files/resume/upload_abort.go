package resume

import (
	"context"
	"errors"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// abort removes the parts. It returns err, which names the upload if that fails.
func (u *upload) abort(ctx context.Context, err error) error {
	id := ""
	if u.tok != nil {
		id = u.tok.ID
	}
	if id == "" {
		return err
	}
	result := make(chan error, 1)
	driver.Undo(ctx, func(ctx context.Context) {
		aerr, _ := u.step(ctx, func(ctx context.Context, to *driver.Uploader) error {
			err := to.AbortUpload(ctx, to.Name, id)
			if files.KindOf(err) == errors.ErrUnsupported {
				return nil // the service removes them
			}
			return err
		})
		result <- aerr
	})
	select {
	case aerr := <-result:
		if aerr == nil || err == nil {
			return err
		}
	default: // a later call can continue
	}
	if err == nil {
		return nil
	}
	return driver.UploadLeft(err, id)
}
