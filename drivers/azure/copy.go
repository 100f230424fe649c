package azure

import (
	"context"
	"errors"
	"net/url"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"golang.org/x/sync/errgroup"
)

// Copy copies inside the account: the properties are asked for, and then the service takes the content from the source's URL, signed by the
// account's key, in one request up to 5000 MiB, and block by block above (C1). Copy Blob, whose target can be seen while it
// is pending, is not used (P1).
// https://learn.microsoft.com/rest/api/storageservices/put-blob-from-url
func (b *backend) Copy(ctx context.Context, from driver.Backend, req *driver.CopyRequest) (files.Info, error) {
	src, ok := from.(*backend)
	if !ok || !src.signs || !b.signs || src.store != b.store && hostOf(src.store) != hostOf(b.store) {
		return files.Info{}, files.ErrUnsupported
	}
	if err := checkName(req.Dst); err != nil {
		return files.Info{}, err
	}
	if missing(driver.Key{Name: req.Src}) {
		return files.Info{}, files.ErrNotExist
	}
	r, err := src.properties(ctx, req.Src, readConditions(req.IfSource, ""))
	if err != nil {
		return files.Info{}, err
	}
	info := properties(r)
	signed, err := src.SignURL(ctx, req.Src, files.SignOptions{Method: "GET", Expiry: copyLife})
	if err != nil {
		return files.Info{}, err
	}
	c := &copying{b: b, source: signed.URL, tag: etag(info.Version)}
	c.w = write{name: req.Dst, attrs: &info.Attributes, digest: info.Digest, size: info.Size, cond: req.If, native: native(req.Native)}
	if req.Attributes != nil {
		c.w.attrs = req.Attributes
	}
	if info.Size <= maxFromURL {
		return c.whole(ctx)
	}
	return c.blocks(ctx)
}

// copyLife is how long the source's signed URL works, which the service reads while it copies.
const copyLife = 6 * time.Hour

func hostOf(store string) string {
	u, err := url.Parse(store)
	if err != nil {
		return store
	}
	return u.Host
}

// copying is one copy, of the source's version that was found.
type copying struct {
	b      *backend
	source string // signed
	tag    *azcore.ETag
	w      write
}

// whole is one request, or, where the service doesn't have it, blocks.
func (c *copying) whole(ctx context.Context) (files.Info, error) {
	if c.b.noFromURL.Load() {
		return c.blocks(ctx)
	}
	info, err := c.b.commit(ctx, &c.w, nil, func(ctx context.Context) (written, error) {
		opts := &blockblob.UploadBlobFromURLOptions{CopySourceBlobProperties: new(false), HTTPHeaders: c.w.headers(), Metadata: c.w.metadata(),
			Tier: c.w.native.tier(), Tags: c.w.native.Tags, AccessConditions: c.w.conditions(), SourceModifiedAccessConditions: &blob.SourceModifiedAccessConditions{SourceIfMatch: c.tag}}
		r, err := c.b.blockBlob(c.w.name).UploadBlobFromURL(ctx, c.source, opts)
		return written{r.ETag, r.LastModified}, err
	})
	if errors.Is(err, files.ErrUnsupported) {
		c.b.noFromURL.Store(true)
		return c.blocks(ctx)
	}
	return info, c.sourceFault(err)
}

// sourceFault tells the source's failures from the target's.
func (c *copying) sourceFault(err error) error {
	r, ok := errors.AsType[*azcore.ResponseError](err)
	if !ok {
		return err
	}
	switch bloberror.Code(r.ErrorCode) {
	case bloberror.SourceConditionNotMet, bloberror.CannotVerifyCopySource:
		return files.WithCause(files.ErrPrecondition, err, "the source was replaced or deleted while it was copied")
	}
	return err
}

// blocks lets the service take the source block by block, and commits them.
func (c *copying) blocks(ctx context.Context) (files.Info, error) {
	size, err := driver.PartPlan{PartSize: fromURLBlock, Concurrency: c.b.opts.Parallel, MaxParts: maxBlocks, MaxPartSize: maxBlock}.PartSizeOf(c.w.size)
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
			return info, c.sourceFault(err)
		}
		// The source is still there, so the blocks can be made again.
	}
}

// maxOutpaced is how many times a copy's blocks are made, where each time another upload of the name was committed meanwhile.
const maxOutpaced = 20

// fromURLBlock is the size of the blocks that the service copies, in bytes.
const fromURLBlock = 100 * mib

func (c *copying) stage(ctx context.Context, ids blockIDs, n int, size int64) error {
	if n == 1 {
		return c.stageBlock(ctx, ids.id(0), 0, size)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(c.b.opts.Parallel)
	for i := range n {
		g.Go(func() error { return c.stageBlock(ctx, ids.id(i), int64(i)*size, size) })
	}
	return g.Wait()
}

func (c *copying) stageBlock(ctx context.Context, id string, off, size int64) error {
	opts := &blockblob.StageBlockFromURLOptions{Range: blob.HTTPRange{Offset: off, Count: min(size, c.w.size-off)},
		SourceModifiedAccessConditions: &blob.SourceModifiedAccessConditions{SourceIfMatch: c.tag}}
	return c.b.do(ctx, opCopySource, func(ctx context.Context) error {
		_, err := c.b.blockBlob(c.w.name).StageBlockFromURL(ctx, id, c.source, opts)
		return err
	})
}
