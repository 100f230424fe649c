package azure

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"cloudfiles.dev/drivers/internal/etag"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"golang.org/x/sync/errgroup"
)

// Copy copies inside the account: the properties are asked for, and then the service
// takes the content from the source's URL, signed by the account's key, in one request
// up to 5000 MiB, and block by block above (C1). Copy Blob, whose target can be seen
// while it is pending, is not used (P1).
// https://learn.microsoft.com/rest/api/storageservices/put-blob-from-url
func (b *backend) Copy(ctx context.Context, from driver.Backend,
	req *driver.CopyRequest) (files.Info, error) {
	src, ok := from.(*backend)
	if !ok || !src.signs || !b.signs ||
		src.store != b.store && hostOf(src.store) != hostOf(b.store) {
		return files.Info{}, files.ErrUnsupported
	}
	if err := checkName(req.Dst); err != nil {
		return files.Info{}, err
	}
	if missing(driver.Key{Name: req.Src}) {
		return files.Info{}, files.ErrNotExist
	}
	v, _ := req.If.Version()
	for _, v := range []files.Version{v, req.IfSource} {
		if err := usable(v); err != nil {
			return files.Info{}, err
		}
	}
	onto := src.store == b.store && req.Src == req.Dst
	var last files.Version
	for range maxCopyTries {
		source, err := src.statIf(ctx, driver.OpenRequest{
			Key:       driver.Key{Name: req.Src},
			IfVersion: req.IfSource,
		})
		if err != nil {
			return files.Info{}, err
		}
		if etag.Weak(source.Version) {
			// Nothing holds the look and the copy together: read and put.
			return files.Info{}, files.ErrUnsupported
		}
		if req.Attributes == nil && !printable(&source.Attributes) {
			return files.Info{}, files.ErrUnsupported // which a Put says what is wrong with
		}
		if source.Version == last {
			// It is as it was, so it is the service that can't read it: a firewall, or
			// a setting of the account's. The content then passes through the program.
			return files.Info{}, files.ErrUnsupported
		}
		last = source.Version
		// Signed after the look, which may have read the credentials again.
		signed, err := src.SignURL(ctx, req.Src, files.SignOptions{
			Method: "GET",
			Expiry: copyLife,
		})
		if err != nil {
			return files.Info{}, err
		}
		cond := req.If
		if onto && cond.IsZero() {
			// A writer in between must not be undone: the copy replaces only what it
			// was made of.
			cond = files.IfVersion(source.Version)
		}
		info, err := b.copyFrom(ctx, signed.URL, source, req, cond)
		if onto && req.If.IsZero() && files.KindOf(err) == files.ErrPrecondition {
			continue // and the next look finds what is there now
		}
		if !errors.Is(err, errSource) || errors.Is(err, files.ErrUncertain) {
			return info, err
		}
	}
	return files.Info{}, files.Errorf(files.ErrUnavailable,
		"the source is replaced again and again")
}

// printable reports whether the headers can be sent as they are. Other programs store
// values that aren't ASCII, and then the service finds another signature than the
// request's.
func printable(a *files.Attributes) bool {
	all := a.ContentType + a.CacheControl + a.ContentDisposition + a.ContentEncoding +
		a.ContentLanguage
	return strings.IndexFunc(all, func(c rune) bool { return c < ' ' || c > '~' }) < 0
}

// maxCopyTries bounds the looks at a source that is replaced each time before it is
// copied.
const maxCopyTries = 20

// copyFrom copies that version of the source; the error is errSource if it can't be
// had.
func (b *backend) copyFrom(ctx context.Context, signed string, source files.Info,
	req *driver.CopyRequest, cond files.Condition,
) (files.Info, error) {
	c := &transfer{b: b, source: signed, tag: etagOf(source.Version)}
	c.w = write{
		name:   req.Dst,
		attrs:  &source.Attributes,
		digest: source.Digest,
		size:   source.Size,
		cond:   cond,
		native: native(req.Native),
		copies: true,
	}
	if req.Attributes != nil {
		c.w.attrs = req.Attributes
	}
	if source.Size <= maxFromURL {
		return c.whole(ctx)
	}
	return c.blocks(ctx)
}

// copyLife is how long the source's signed URL works. The service reads from it while
// it copies.
const copyLife = 6 * time.Hour

func hostOf(store string) string {
	u, err := url.Parse(store)
	if err != nil {
		return store
	}
	return u.Host
}

// transfer is one copy, of the source's version that was found.
type transfer struct {
	b      *backend
	source string // signed
	tag    *azcore.ETag
	w      write
}

// whole is one request, or, if the service doesn't have it, blocks.
func (c *transfer) whole(ctx context.Context) (files.Info, error) {
	if c.b.noFromURL.Load() {
		return c.blocks(ctx)
	}
	info, err := c.b.commit(ctx, &c.w, nil, func(ctx context.Context) (writeResult, error) {
		opts := &blockblob.UploadBlobFromURLOptions{
			CopySourceBlobProperties:       new(false),
			HTTPHeaders:                    c.w.headers(),
			Metadata:                       c.w.metadata(),
			Tier:                           c.w.native.tier(),
			Tags:                           c.w.native.Tags,
			AccessConditions:               c.w.conditions(),
			SourceModifiedAccessConditions: c.pinned(),
		}
		r, err := c.b.blockBlob(c.w.name).UploadBlobFromURL(ctx, c.source, opts)
		return writeResult{r.ETag, r.LastModified}, err
	})
	if r := responseOf(err); r.own && r.status == http.StatusNotImplemented {
		c.b.noFromURL.Store(true)
		return c.blocks(ctx)
	}
	return info, err
}

// pinned keeps the service to the version that was found.
func (c *transfer) pinned() *blob.SourceModifiedAccessConditions {
	return &blob.SourceModifiedAccessConditions{SourceIfMatch: c.tag}
}

// blocks lets the service take the source block by block, and commits them.
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
		// The source is still there, so the blocks can be made again.
	}
}

// maxOutpaced is how many times a copy's blocks are made if each time another upload of
// the name was committed meanwhile.
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
