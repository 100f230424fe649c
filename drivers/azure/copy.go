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
)

// Copy copies inside the account (C1): it reads the properties, and then the service
// copies the content from the source's URL, signed by the account's key. Up to 5000 MiB
// that is one request; larger content is copied block by block. Copy Blob, whose target
// is visible while it is pending, is not used (P1).
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
			// No condition can pin the source to the version that was found: read and
			// put.
			return files.Info{}, files.ErrUnsupported
		}
		if req.Attributes == nil && !printable(&source.Attributes) {
			return files.Info{}, files.ErrUnsupported // a Put reports what is wrong with them
		}
		if source.Version == last {
			// The source is unchanged, so the service can't read it because of a
			// firewall or another setting of the account. The content then passes
			// through the program.
			return files.Info{}, files.ErrUnsupported
		}
		last = source.Version
		// Signed after the request for the properties, which may have read the
		// credentials again.
		signed, err := src.SignURL(ctx, req.Src, files.SignOptions{
			Method: "GET",
			Expiry: copyLife,
		})
		if err != nil {
			return files.Info{}, err
		}
		cond := req.If
		if onto && cond.IsZero() {
			// A Put in between must not be undone: the copy replaces only the version
			// that it was made of.
			cond = files.IfVersion(source.Version)
		}
		info, err := b.copyFrom(ctx, signed.URL, source, req, cond)
		if onto && req.If.IsZero() && files.KindOf(err) == files.ErrPrecondition {
			continue // the next attempt finds the present version
		}
		if !errors.Is(err, errSource) || errors.Is(err, files.ErrUncertain) {
			return info, err
		}
	}
	return files.Info{}, driver.Errorf(files.ErrUnavailable,
		"the source is replaced again and again")
}

// printable reports whether the headers can be sent unchanged. Other programs store
// values that aren't ASCII; with those the service computes another signature than the
// request's.
func printable(a *files.Attributes) bool {
	all := a.ContentType + a.CacheControl + a.ContentDisposition + a.ContentEncoding +
		a.ContentLanguage
	return strings.IndexFunc(all, func(c rune) bool { return c < ' ' || c > '~' }) < 0
}

// maxCopyTries limits the attempts to copy a source that is replaced each time before
// it is copied.
const maxCopyTries = 20

// copyFrom copies that version of the source; the error is errSource if the service can't
// read it.
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

// copyLife is how long the source's signed URL is valid. The service reads from it during
// the copy.
const copyLife = 6 * time.Hour

func hostOf(store string) string {
	u, err := url.Parse(store)
	if err != nil {
		return store
	}
	return u.Host
}

// transfer is one copy of the source's version that was found.
type transfer struct {
	b      *backend
	source string // signed
	tag    *azcore.ETag
	w      write
}

// whole copies in one request, or in blocks if the service doesn't support that request.
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
	if r := responseOf(err); r.genuine && r.status == http.StatusNotImplemented {
		c.b.noFromURL.Store(true)
		return c.blocks(ctx)
	}
	return info, err
}

// pinned pins the source to the version that was found.
func (c *transfer) pinned() *blob.SourceModifiedAccessConditions {
	return &blob.SourceModifiedAccessConditions{SourceIfMatch: c.tag}
}
