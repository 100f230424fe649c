package azure

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// Delete removes the blob, with its snapshots, in one request. If a response was lost, a
// conditional one can't know whether it deleted the blob itself. A directory, which an
// account with a hierarchical namespace refuses to delete with its files, isn't a file.
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
		AccessConditions: readConditions(ifVersion, ""),
	}
	o := opDelete
	if ifVersion != "" {
		o = opDeleteMatch
	}
	unsure, vague := false, false // of vague ones, something in front of the service said no
	err := b.opts.Retry.Do(ctx, func(ctx context.Context, _ int) error {
		err := b.request(ctx, o, func(ctx context.Context) error {
			_, err := b.blob(key.Name).Delete(ctx, opts)
			return err
		})
		mapped := b.mapError(ctx, o, err)
		k := files.KindOf(mapped)
		if (unsure || vague) && (k == files.ErrNotExist || k == files.ErrPrecondition) {
			return files.WithCause(files.ErrUncertain, &causeOnly{mapped},
				"the response to the deletion was lost, and the file is now gone or another")
		}
		unsure = unsure || ifVersion != "" && err != nil && !notApplied(err)
		r := responseOf(err)
		vague = vague || ifVersion != "" && r.status != 0 && !r.own
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

// uncertainDelete is for a conditional deletion whose response was lost, and whose
// repeats failed.
func uncertainDelete(err error) error {
	words := "the response to the deletion was lost: " + detail(err)
	if k := files.KindOf(err); k != nil && k != files.ErrUnavailable {
		err = &causeOnly{err}
	}
	return files.WithCause(files.ErrUncertain, err, words)
}

// isDirectory reports that a directory was to be deleted, which has files. See
// https://learn.microsoft.com/azure/storage/blobs/data-lake-storage-known-issues
func isDirectory(err error) bool {
	code := responseOf(err).code
	return code == "DirectoryIsNotEmpty" || code == "DirectoryNotEmpty"
}

var withSnapshots = blob.DeleteSnapshotsOptionTypeInclude

// MaxDeleteMany is how many deletions the service takes in one batch.
func (b *backend) MaxDeleteMany() int { return 256 }

// DeleteMany deletes in one request. A deletion that was not answered, or that the
// service was too busy for, is repeated by itself.
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
	if b.noBatch.Load() {
		b.deleteEach(ctx, names, asked, errs)
		return errs
	}
	r, err := b.batch(ctx, names, asked)
	if lacksBatch(err) {
		if b.deleteEach(ctx, names, asked, errs) {
			b.noBatch.Store(true)
		}
		return errs
	}
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
		err := b.mapError(ctx, opDelete|inBatch, batchPartError(item.Error))
		if files.KindOf(err) == files.ErrUnavailable {
			continue // it is asked again, by itself
		}
		asked[k] = settled
		if files.KindOf(err) != files.ErrNotExist && !isDirectory(err) {
			errs[i] = err
		}
	}
	for _, i := range asked {
		if i != settled {
			errs[i] = b.Delete(ctx, driver.Key{Name: names[i]}, "")
		}
	}
	return errs
}

// lacksBatch reports whether the service says that it has no batches, as some emulators
// and gateways haven't.
func lacksBatch(err error) bool {
	r := responseOf(err)
	switch {
	case err == nil:
		return false
	case !r.own:
		return r.bare && r.status == http.StatusNotImplemented
	}
	return codes[r.code] == files.ErrUnsupported || r.status == http.StatusNotImplemented ||
		r.status == http.StatusMethodNotAllowed || r.code == "InvalidQueryParameterValue"
}

// deleteAtOnce is how many deletions of one name each are in flight.
const deleteAtOnce = 16

// deleteEach deletes names[i] for each i that is asked, a few at a time, and reports
// whether all are gone.
func (b *backend) deleteEach(ctx context.Context, names []string, asked []int, errs []error) bool {
	var wg sync.WaitGroup
	slots := make(chan struct{}, deleteAtOnce)
	for _, i := range asked {
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

// batchPartError is the failure of a part of a batch, which must be in the service's own
// words as any other response.
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

// batch asks for the deletion of names[i] for each i that is asked.
func (b *backend) batch(ctx context.Context, names []string, asked []int) (
	r container.SubmitBatchResponse, err error,
) {
	err = b.withRetry(ctx, opBatch, func(ctx context.Context) (err error) {
		client := b.client()
		builder, err := client.NewBatchBuilder()
		if err != nil {
			return err
		}
		for _, i := range asked {
			opts := &container.BatchDeleteOptions{
				DeleteOptions: blob.DeleteOptions{DeleteSnapshots: &withSnapshots},
			}
			if err := builder.Delete(names[i], opts); err != nil {
				return err
			}
		}
		// The SDK panics at a response to a part that it didn't ask for.
		defer func() {
			if recover() != nil {
				err = &badResponse{
					status: http.StatusAccepted,
					why:    "with responses to what wasn't asked",
				}
			}
		}()
		r, err = client.SubmitBatch(ctx, builder, nil)
		return err
	})
	return r, err
}
