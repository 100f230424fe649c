package azure

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"cloudfiles.dev/drivers/internal/causes"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// Delete removes the blob and its snapshots in one request. If the response to a
// conditional deletion is lost, it is unknown whether it deleted the blob. A directory
// isn't a file; an account with a hierarchical namespace refuses to delete one that has
// files.
func (b *backend) Delete(ctx context.Context, key driver.Key, ifVersion files.Version) error {
	switch {
	case missing(key) && ifVersion == "":
		return nil
	case missing(key):
		return files.ErrPrecondition
	}
	if err := usable(ifVersion); err != nil {
		return err
	}
	opts := &blob.DeleteOptions{
		DeleteSnapshots:  &withSnapshots,
		AccessConditions: accessConditions(ifVersion, ""),
	}
	o := opDelete
	if ifVersion != "" {
		o = opDeleteMatch
	}
	unsure, vague := false, false // vague: a refusal wasn't the service's own
	err := b.opts.Retry.Do(ctx, func(ctx context.Context, _ int) error {
		err := b.request(ctx, o, func(ctx context.Context) error {
			_, err := b.blob(key.Name).Delete(ctx, opts)
			return err
		})
		mapped := b.mapError(ctx, o, err)
		k := files.KindOf(mapped)
		if (unsure || vague) && (k == files.ErrNotExist || k == files.ErrPrecondition) {
			return driver.WithCause(files.ErrUncertain, causes.WithoutKind(mapped),
				"the response to the deletion was lost, and the file is now gone or another")
		}
		unsure = unsure || ifVersion != "" && err != nil && !notApplied(err)
		r := responseOf(err)
		vague = vague || ifVersion != "" && r.status != 0 && !r.genuine
		return mapped
	})
	switch k := files.KindOf(err); {
	case k == files.ErrNotExist || isDirectory(err):
		if ifVersion != "" {
			return files.ErrPrecondition
		}
		return nil
	case unsure && err != nil && k != files.ErrUncertain:
		return uncertainDelete(err)
	}
	return err
}

// uncertainDelete is the error for a conditional deletion whose response was lost and
// whose repeats failed.
func uncertainDelete(err error) error {
	words := "the response to the deletion was lost: " + detail(err)
	if k := files.KindOf(err); k != nil && k != files.ErrUnavailable {
		err = causes.WithoutKind(err)
	}
	return driver.WithCause(files.ErrUncertain, err, words)
}

// isDirectory reports whether the request was to delete a directory that has files. See
// https://learn.microsoft.com/azure/storage/blobs/data-lake-storage-known-issues
func isDirectory(err error) bool {
	code := responseOf(err).code
	return code == "DirectoryIsNotEmpty" || code == "DirectoryNotEmpty"
}

var withSnapshots = blob.DeleteSnapshotsOptionTypeInclude

// MaxDeleteMany is the most deletions that the service accepts in one batch.
func (b *backend) MaxDeleteMany() int { return 256 }

// DeleteMany deletes in one request (D3). A deletion without a response, or one that the
// service was too busy for, is repeated in a request of its own.
// https://learn.microsoft.com/rest/api/storageservices/blob-batch
func (b *backend) DeleteMany(ctx context.Context, names []string) []error {
	errs := make([]error, len(names))
	var pending []int
	for i, name := range names {
		if !missing(driver.Key{Name: name}) {
			pending = append(pending, i)
		}
	}
	if len(pending) == 0 {
		return errs
	}
	if b.noBatch.Load() {
		b.deleteEach(ctx, names, pending, errs)
		return errs
	}
	r, err := b.batch(ctx, names, pending)
	if lacksBatch(err) {
		if b.deleteEach(ctx, names, pending, errs) {
			b.noBatch.Store(true)
		}
		return errs
	}
	if err != nil {
		for _, i := range pending {
			errs[i] = err
		}
		return errs
	}
	const settled = -1
	for _, item := range r.Responses {
		k := value(item.ContentID)
		if item.ContentID == nil || k < 0 || k >= len(pending) || pending[k] == settled {
			continue
		}
		i := pending[k]
		err := b.mapError(ctx, opDelete|inBatch, batchPartError(item.Error))
		if files.KindOf(err) == files.ErrUnavailable {
			continue // it is repeated below
		}
		pending[k] = settled
		if files.KindOf(err) != files.ErrNotExist && !isDirectory(err) {
			errs[i] = err
		}
	}
	for _, i := range pending {
		if i != settled {
			errs[i] = b.Delete(ctx, driver.Key{Name: names[i]}, "")
		}
	}
	return errs
}

// lacksBatch reports whether the response means that there are no batches, as with some
// emulators and gateways.
func lacksBatch(err error) bool {
	r := responseOf(err)
	switch {
	case err == nil:
		return false
	case !r.genuine:
		return r.bare && r.status == http.StatusNotImplemented
	}
	return codes[r.code] == files.ErrUnsupported || r.status == http.StatusNotImplemented ||
		r.status == http.StatusMethodNotAllowed || r.code == "InvalidQueryParameterValue"
}

// deleteAtOnce is how many deletions of single names are in flight.
const deleteAtOnce = 16

// deleteEach deletes names[i] for each i in pending, a few at a time, and reports
// whether all succeeded.
func (b *backend) deleteEach(ctx context.Context, names []string, pending []int,
	errs []error) bool {
	var wg sync.WaitGroup
	slots := make(chan struct{}, deleteAtOnce)
	for _, i := range pending {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if errs[i] = driver.ContextError(ctx); errs[i] == nil {
				errs[i] = b.Delete(ctx, driver.Key{Name: names[i]}, "")
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...) == nil
}

// batchPartError is the failure of a part of a batch. Like any other, it must have the
// form of the service's own errors.
func batchPartError(err error) error {
	r, ok := errors.AsType[*azcore.ResponseError](err)
	if !ok || r.RawResponse == nil {
		return err
	}
	if t := checkErrorResponse(r.RawResponse); t != nil {
		t.cause = err
		return t
	}
	return err
}

// batch deletes names[i] for each i in pending.
func (b *backend) batch(ctx context.Context, names []string, pending []int) (
	r container.SubmitBatchResponse, err error,
) {
	err = b.withRetry(ctx, opBatch, func(ctx context.Context) (err error) {
		client := b.client()
		builder, err := client.NewBatchBuilder()
		if err != nil {
			return err
		}
		for _, i := range pending {
			opts := &container.BatchDeleteOptions{
				DeleteOptions: blob.DeleteOptions{DeleteSnapshots: &withSnapshots},
			}
			if err := builder.Delete(names[i], opts); err != nil {
				return err
			}
		}
		// The SDK panics at a response to a part that it didn't send.
		defer func() {
			if recover() != nil {
				err = &badResponse{
					status: http.StatusAccepted,
					why:    "with responses to requests that weren't made",
				}
			}
		}()
		r, err = client.SubmitBatch(ctx, builder, nil)
		return err
	})
	return r, err
}
