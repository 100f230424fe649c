package azure

import (
	"context"
	"crypto/rand"
	"time"

	"cloudfiles.dev/drivers/internal/causes"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
)

// write is what one request writes to a blob: Put Blob, Put Block List, or Put Blob From
// URL.
type write struct {
	name    string
	attrs   *files.Attributes
	digest  files.Digest
	size    int64
	cond    files.Condition
	native  PutOptions
	writeID string // in the metadata of conditional writes, and of resumed uploads
	copies  bool   // the content is another blob's, which the request names

	// These are kept here for the request, since each would otherwise be an allocation.
	http blob.HTTPHeaders
	sum  string
}

func (w *write) headers() *blob.HTTPHeaders {
	a := w.attrs
	w.http = blob.HTTPHeaders{
		BlobContentType:        &a.ContentType,
		BlobCacheControl:       strPtr(&a.CacheControl),
		BlobContentDisposition: strPtr(&a.ContentDisposition),
		BlobContentEncoding:    strPtr(&a.ContentEncoding),
		BlobContentLanguage:    strPtr(&a.ContentLanguage),
	}
	if w.digest.MD5 != "" {
		w.http.BlobContentMD5 = fromHex(w.digest.MD5)
	}
	return &w.http
}

// strPtr returns nil for "".
func strPtr(s *string) *string {
	if *s == "" {
		return nil
	}
	return s
}

func (w *write) metadata() map[string]*string {
	m := encodeMetadata(w.attrs.Metadata)
	w.sum = digestMark(w.digest, w.size)
	m[digestKey] = &w.sum
	if w.writeID != "" {
		m[markKey] = &w.writeID
	}
	return m
}

// conditions returns the service's form of the condition (P8, P9).
func (w *write) conditions() *blob.AccessConditions {
	if w.cond.Absent() {
		return &blob.AccessConditions{
			ModifiedAccessConditions: &blob.ModifiedAccessConditions{
				IfNoneMatch: new(azcore.ETagAny),
			},
		}
	}
	if v, ok := w.cond.Version(); ok {
		return accessConditions(v, "")
	}
	return nil
}

func (w *write) op() op {
	o := opPut
	if w.cond.Absent() {
		o = opPutAbsent
	} else if !w.cond.IsZero() {
		o = opPutMatch
	}
	if w.copies {
		o |= copying
	}
	return o
}

// writeResult is what the response to a write reports.
type writeResult struct {
	etag    *azcore.ETag
	modTime *time.Time
}

// commit makes the request that changes the file. If the response to a conditional
// write is lost, the write's mark identifies it when it is repeated, or at the end; an
// unknown outcome is ErrUncertain (P2). sent, if not nil, reports whether the request's
// content was sent completely: before that nothing can have changed.
func (b *backend) commit(ctx context.Context, w *write, sent func() bool,
	request func(ctx context.Context) (writeResult, error),
) (files.Info, error) {
	if !w.cond.IsZero() && w.writeID == "" {
		w.writeID = rand.Text()
	}
	var lost error // of the first attempt that may have been carried out
	searched := false
	// refusals counts the refusals of requests that were sent completely, and vague is
	// true if one of them wasn't the service's own.
	refusals, vague := 0, false
	var done writeResult
	var found *files.Info
	err := b.opts.Retry.Do(ctx, func(ctx context.Context, _ int) error {
		err := b.request(ctx, w.op(), func(ctx context.Context) (err error) {
			done, err = request(ctx)
			return err
		})
		if err == nil {
			return nil
		}
		mapped := b.mapError(ctx, w.op(), err)
		failed := files.KindOf(mapped) == files.ErrExist ||
			files.KindOf(mapped) == files.ErrPrecondition
		if failed && (lost != nil || refusals > 0) {
			searched = true
			switch found = b.findOwnWrite(ctx, w); {
			case found != nil:
				return nil
			case lost != nil || vague:
				return uncertain(mapped, lost, ", and the file is now another")
			}
		}
		if sent == nil || sent() {
			if lost == nil && !notApplied(err) {
				lost = mapped
			}
			if r := responseOf(err); r.status != 0 {
				refusals++
				vague = vague || !r.genuine
			}
		}
		return mapped
	})
	switch k := files.KindOf(err); {
	case err == nil && found != nil:
		return *found, nil
	case err == nil:
		return w.info(done), nil
	case lost == nil, k == files.ErrUncertain, k == files.ErrCorrupt, k == files.ErrInvalid &&
		w.writeID == "":
		return files.Info{}, err // the first was refused for the same reason as the repeat
	}
	if w.writeID != "" && !searched && ctx.Err() == nil {
		if found := b.findOwnWrite(ctx, w); found != nil {
			return *found, nil
		}
	}
	return files.Info{}, uncertain(err, lost, "")
}

// info returns the Info of what was written.
func (w *write) info(r writeResult) files.Info {
	return files.Info{
		Entry: files.Entry{
			Size:    w.size,
			ModTime: truncateTime(r.modTime),
			Version: version(r.etag),
		},
		Attributes: *w.attrs,
		Digest:     w.digest,
	}
}

// findOwnWrite returns what an earlier attempt of the same write stored, or nil if
// another write stored the file.
func (b *backend) findOwnWrite(ctx context.Context, w *write) *files.Info {
	var r blob.GetPropertiesResponse
	err := b.request(ctx, opStat, func(ctx context.Context) (err error) {
		r, err = b.blob(w.name).GetProperties(ctx, nil)
		return err
	})
	if err != nil || reservedValue(r.Metadata, markKey) != w.writeID {
		return nil
	}
	info := properties(r)
	return &info
}

// uncertain keeps the cause: errors.Is also finds the end of the context. A repeat's
// failure isn't the outcome of the write, so errors.Is doesn't find its sentinel beside
// ErrUncertain. The text begins with the failure that leaves the outcome open.
func uncertain(err, lost error, more string) error {
	words := "the response to the write was lost" + more + ": " + detail(err)
	if lost != nil && detail(lost) != detail(err) {
		words = "the response to the write was lost" + more + ": " + detail(lost) +
			"; and a retry failed: " + detail(err)
	}
	if k := files.KindOf(err); k != nil && k != files.ErrUnavailable {
		err = causes.WithoutKind(err)
	}
	return driver.WithCause(files.ErrUncertain, err, words)
}

// detail is an error's text without its sentinel's.
func detail(err error) string {
	e, ok := driver.NewError(files.OpPut, "", err).(*files.Error)
	if ok && e.Detail != "" {
		return e.Detail
	}
	return err.Error()
}
