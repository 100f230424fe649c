package azure

import (
	"context"
	"errors"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// Delete removes the blob, with its snapshots, in one request. Where an answer was lost, a conditional one can't know if it was
// itself that the blob went by.
func (b *backend) Delete(ctx context.Context, key driver.Key, ifVersion files.Version) error {
	switch {
	case missing(key) && ifVersion == "":
		return nil
	case missing(key):
		return files.ErrPrecondition
	}
	opts := &blob.DeleteOptions{DeleteSnapshots: &withSnapshots, AccessConditions: readConditions(ifVersion, "")}
	unsure := false
	err := b.do(ctx, opDelete, func(ctx context.Context) error {
		_, err := b.blob(key.Name).Delete(ctx, opts)
		err = b.fault(ctx, opDelete, err)
		if unsure && (errors.Is(err, files.ErrNotExist) || errors.Is(err, files.ErrPrecondition)) {
			return files.WithCause(files.ErrUncertain, err, "the answer to the deletion was lost, and the file is now gone or another")
		}
		unsure = unsure || ifVersion != "" && err != nil && lost(err) && !refused(err)
		return err
	})
	switch {
	case errors.Is(err, files.ErrUncertain):
	case errors.Is(err, files.ErrNotExist) && ifVersion == "":
		return nil
	case errors.Is(err, files.ErrNotExist):
		return files.ErrPrecondition
	}
	return err
}

var withSnapshots = blob.DeleteSnapshotsOptionTypeInclude

// MaxDeleteMany is how many deletions the service takes in one batch.
func (b *backend) MaxDeleteMany() int { return 256 }

// DeleteMany deletes in one request. A deletion that was not answered, or that the service was too busy for, is repeated by itself.
// https://learn.microsoft.com/rest/api/storageservices/blob-batch
func (b *backend) DeleteMany(ctx context.Context, names []string) []error {
	errs := make([]error, len(names))
	var asked []int
	for i, name := range names {
		if !missing(driver.Key{Name: name}) {
			asked = append(asked, i)
		}
	}
	if len(asked) == 0 {
		return errs
	}
	r, err := b.batch(ctx, names, asked)
	if err != nil {
		for _, i := range asked {
			errs[i] = err
		}
		return errs
	}
	const settled = -1
	for _, item := range r.Responses {
		k := value(item.ContentID)
		if item.ContentID == nil || k < 0 || k >= len(asked) || asked[k] == settled {
			continue
		}
		i := asked[k]
		err := b.fault(ctx, opDelete, item.Error)
		if err == nil || !errors.Is(err, files.ErrUnavailable) {
			asked[k] = settled
			if !errors.Is(err, files.ErrNotExist) {
				errs[i] = err
			}
		}
	}
	for _, i := range asked {
		if i != settled {
			errs[i] = b.Delete(ctx, driver.Key{Name: names[i]}, "")
		}
	}
	return errs
}

// batch asks for the deletion of names[i] for each i that is asked.
func (b *backend) batch(ctx context.Context, names []string, asked []int) (r container.SubmitBatchResponse, err error) {
	err = b.do(ctx, opList, func(ctx context.Context) error {
		builder, err := b.client.NewBatchBuilder()
		if err != nil {
			return err
		}
		for _, i := range asked {
			opts := &container.BatchDeleteOptions{DeleteOptions: blob.DeleteOptions{DeleteSnapshots: &withSnapshots}}
			if err := builder.Delete(names[i], opts); err != nil {
				return err
			}
		}
		r, err = b.client.SubmitBatch(ctx, builder, nil)
		return err
	})
	return r, err
}
