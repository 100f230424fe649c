package azure

import (
	"context"
	"sync/atomic"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/retry"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
)

// plan is the plan by which content is uploaded in blocks.
func (b *backend) plan() driver.PartPlan {
	return driver.PartPlan{
		PartSize:       b.opts.PartSize,
		Concurrency:    b.opts.Concurrency,
		MaxConcurrency: b.most,
		MaxParts:       maxBlocks,
		MaxPartSize:    maxBlock,
		Memory:         b.memory,
	}
}

// Put uploads content up to the part size by Put Blob, in one request, and larger
// content by Put Block and Put Block List. The blocks of an upload that fails are not
// visible. The service has no request to drop them: it does so when the blob is written
// again, or after a week.
// https://learn.microsoft.com/rest/api/storageservices/put-block
func (b *backend) Put(ctx context.Context, req *driver.PutRequest) (files.Info, error) {
	if err := checkName(req.Name); err != nil {
		return files.Info{}, err
	}
	if v, ok := req.If.Version(); ok {
		if err := usable(v); err != nil {
			return files.Info{}, err
		}
	}
	parts, err := driver.NewParts(b.plan(), req)
	if err != nil {
		return files.Info{}, err
	}
	first, err := parts.Next(ctx)
	if err != nil {
		return files.Info{}, err
	}
	w := &write{
		name:   req.Name,
		attrs:  &req.Attributes,
		cond:   req.If,
		native: native(req.Native),
	}
	if first.Last {
		defer first.Release()
		w.size, w.digest = first.Size, req.Content.Digest()
		return b.putBlob(ctx, w, first)
	}
	ids := newBlockIDs()
	var count atomic.Int64
	err = parts.Send(ctx, first, func(ctx context.Context, part *driver.Part) error {
		count.Add(1)
		return b.stageBlock(ctx, w, ids.id(part.Number-1), part)
	})
	if err != nil {
		return files.Info{}, err
	}
	w.size, w.digest = req.Content.Count(), req.Content.Digest()
	return b.commitBlocks(ctx, w, ids.list(int(count.Load())))
}

// putBlob writes the blob in one request.
func (b *backend) putBlob(ctx context.Context, w *write, part *driver.Part) (files.Info, error) {
	var body *driver.PartBody
	return b.commit(ctx, w, func() bool {
		return body.Len() == 0
	}, func(ctx context.Context) (writeResult, error) {
		body = part.Body()
		defer body.End()
		r, err := b.blockBlob(w.name).Upload(ctx, body, &blockblob.UploadOptions{
			HTTPHeaders:      w.headers(),
			Metadata:         w.metadata(),
			AccessConditions: w.conditions(),
			Tier:             w.native.tier(),
			Tags:             w.native.Tags,
		})
		return writeResult{r.ETag, r.LastModified}, err
	})
}

func (b *backend) stageBlock(ctx context.Context, w *write, id string, part *driver.Part) error {
	return b.withRetry(ctx, opBlock, func(ctx context.Context) error {
		body := part.Body()
		defer body.End()
		_, err := b.blockBlob(w.name).StageBlock(ctx, id, body, nil)
		return err
	})
}

// commitBlocks makes the blob from its blocks.
func (b *backend) commitBlocks(ctx context.Context, w *write, ids []string) (files.Info, error) {
	return b.commit(ctx, w, nil, func(ctx context.Context) (writeResult, error) {
		r, err := b.blockBlob(w.name).CommitBlockList(ctx, ids, &blockblob.CommitBlockListOptions{
			HTTPHeaders:      w.headers(),
			Metadata:         w.metadata(),
			AccessConditions: w.conditions(),
			Tier:             w.native.tier(),
			Tags:             w.native.Tags,
		})
		if dropped(err) {
			err = retry.Permanent(b.mapError(ctx, opPut, err)) // the blocks are gone
		}
		return writeResult{r.ETag, r.LastModified}, err
	})
}

// dropped reports whether the blocks of a commit no longer exist: a commit of the name
// drops the blocks of all other uploads.
// https://learn.microsoft.com/rest/api/storageservices/put-block-list
func dropped(err error) bool {
	return bloberror.HasCode(err, bloberror.InvalidBlockList, bloberror.InvalidBlobOrBlock)
}
