package azure

import (
	"context"
	"errors"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"golang.org/x/sync/errgroup"
)

// blocks makes the service copy the source block by block, and commits the blocks.
func (c *transfer) blocks(ctx context.Context) (files.Info, error) {
	size, err := driver.PartPlan{
		PartSize:    fromURLBlock,
		Concurrency: c.b.opts.Concurrency,
		MaxParts:    maxBlocks,
		MaxPartSize: maxBlock,
	}.PartSizeOf(c.w.size)
	if err != nil {
		return files.Info{}, err
	}
	n := int((c.w.size + size - 1) / size)
	for try := 1; ; try++ {
		ids := newBlockIDs()
		var info files.Info
		if err = c.stage(ctx, ids, n, size); err == nil {
			info, err = c.b.commitBlocks(ctx, &c.w, ids.list(n))
		}
		if !dropped(err) || errors.Is(err, files.ErrUncertain) || try == maxOutpaced {
			return info, err
		}
		// The source still exists, so the blocks can be made again.
	}
}

// maxOutpaced is how many times a copy's blocks are made if another upload of the name is
// committed each time before them.
const maxOutpaced = 20

// fromURLBlock is the size of the blocks that the service copies, in bytes.
const fromURLBlock = 100 * mib

func (c *transfer) stage(ctx context.Context, ids blockIDs, n int, size int64) error {
	if n == 1 {
		return c.stageBlock(ctx, ids.id(0), 0, size)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(c.b.opts.Concurrency)
	for i := range n {
		g.Go(func() error { return c.stageBlock(ctx, ids.id(i), int64(i)*size, size) })
	}
	return g.Wait()
}

func (c *transfer) stageBlock(ctx context.Context, id string, off, size int64) error {
	opts := &blockblob.StageBlockFromURLOptions{
		Range:                          blob.HTTPRange{Offset: off, Count: min(size, c.w.size-off)},
		SourceModifiedAccessConditions: c.pinned(),
	}
	return c.b.withRetry(ctx, opBlock|copying, func(ctx context.Context) error {
		_, err := c.b.blockBlob(c.w.name).StageBlockFromURL(ctx, id, c.source, opts)
		return err
	})
}
