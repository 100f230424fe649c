package azure

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"cloudfiles.dev/files"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
)

// write is what one request makes of a blob: Put Blob, Put Block List, or Put Blob From URL.
type write struct {
	name   string
	attrs  *files.Attributes
	digest files.Digest
	size   int64
	cond   files.Condition
	native PutOptions
	mark   string // in the metadata of conditional writes

	// What is made of these for the request: here, since each for itself would be an allocation.
	http blob.HTTPHeaders
	sum  string
}

func (w *write) headers() *blob.HTTPHeaders {
	a := w.attrs
	w.http = blob.HTTPHeaders{BlobContentType: &a.ContentType, BlobCacheControl: given(&a.CacheControl), BlobContentDisposition: given(&a.ContentDisposition),
		BlobContentEncoding: given(&a.ContentEncoding), BlobContentLanguage: given(&a.ContentLanguage)}
	if w.digest.MD5 != "" {
		w.http.BlobContentMD5 = fromHex(w.digest.MD5)
	}
	return &w.http
}

// given is nil for "".
func given(s *string) *string {
	if *s == "" {
		return nil
	}
	return s
}

func (w *write) metadata() map[string]*string {
	m := encodeMetadata(w.attrs.Metadata)
	w.sum = digestMark(w.digest, w.size)
	m[digestKey] = &w.sum
	if w.mark != "" {
		m[markKey] = &w.mark
	}
	return m
}

func (w *write) conditions() *blob.AccessConditions {
	if w.cond.Absent() {
		return &blob.AccessConditions{ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfNoneMatch: new(azcore.ETagAny)}}
	}
	if v, ok := w.cond.Version(); ok {
		return readConditions(v, "")
	}
	return nil
}

func (w *write) op() op {
	if w.cond.Absent() {
		return opPutIfAbsent
	}
	return opPut
}

// written is what the answer to a write tells.
type written struct {
	etag    *azcore.ETag
	modTime *time.Time
}

// commit makes the request that the file changes by. A conditional one whose answer was lost recognises itself by its mark when it is
// repeated; what can't be known is ErrUncertain (P2). sent, if not nil, reports whether the request's content was sent whole:
// before that nothing can have changed.
func (b *backend) commit(ctx context.Context, w *write, sent func() bool, request func(ctx context.Context) (written, error)) (files.Info, error) {
	if !w.cond.IsZero() {
		w.mark = rand.Text()
	}
	unsure := false
	var done written
	var found *files.Info
	err := b.opts.Retry.Do(ctx, func(ctx context.Context, _ int) error {
		r, err := request(b.once(ctx))
		if err == nil {
			done = r
			return nil
		}
		mapped := b.fault(ctx, w.op(), err)
		if unsure && (errors.Is(mapped, files.ErrExist) || errors.Is(mapped, files.ErrPrecondition)) {
			found, mapped = b.recognise(ctx, w, mapped)
		}
		unsure = unsure || lost(mapped) && !refused(err) && (sent == nil || sent())
		return mapped
	})
	switch {
	case err == nil && found != nil:
		return *found, nil
	case err == nil:
		return files.Info{Entry: files.Entry{Size: w.size, ModTime: cut(done.modTime), Version: version(done.etag)}, Attributes: *w.attrs, Digest: w.digest}, nil
	case unsure && !errors.Is(err, files.ErrUncertain) && (ctx.Err() != nil || errors.Is(err, files.ErrUnavailable) || errors.Is(err, files.ErrPermission)):
		return files.Info{}, files.WithCause(files.ErrUncertain, err, "the answer to the write was lost: "+detail(err))
	}
	return files.Info{}, err
}

// recognise looks if the file that is in the way is what an earlier try of the same write stored.
func (b *backend) recognise(ctx context.Context, w *write, refusal error) (*files.Info, error) {
	r, err := b.blob(w.name).GetProperties(ctx, nil)
	if err == nil && own(r.Metadata, markKey) == w.mark {
		info := properties(r)
		return &info, nil
	}
	return nil, files.WithCause(files.ErrUncertain, refusal, "the answer to the write was lost, and the file is now another")
}

// detail is an error's words without those of its sentinel.
func detail(err error) string {
	if e, ok := files.NewError(files.OpPut, "", err).(*files.Error); ok && e.Detail != "" {
		return e.Detail
	}
	return err.Error()
}
