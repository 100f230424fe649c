package gocloud

import (
	"context"
	"errors"
	"io"
	"mime"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"gocloud.dev/blob"
)

// Put uploads the content. The only condition is the Go CDK's IfNotExist (P8).
//
// Bucket.Upload closes its writer in any case, and memblob,
// fileblob and gcsblob then commit what they have received, unless the writer's context
// has ended. So the context is cancelled before a failing Read returns (P2). ContentMD5
// is never set: with it azureblob would write through its pipe, where a failure panics
// in Close, and the Content checks the digests anyway (P10).
func (b *backend) Put(ctx context.Context, req *driver.PutRequest) (files.Info, error) {
	a := req.Attributes
	if b.isOverBridge() {
		a = files.Attributes{ContentType: "application/octet-stream"} // the hook sets them
	}
	if err := checkAttributes(a); err != nil {
		return files.Info{}, err
	}
	if err := b.checkDir(); err != nil {
		return files.Info{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	o := opPut
	if req.If.Absent() {
		o = opPutIfAbsent
	}
	err := b.bucket.Upload(ctx, req.Name, &source{req.Content, cancel}, &blob.WriterOptions{
		ContentType:        a.ContentType,
		CacheControl:       a.CacheControl,
		ContentDisposition: a.ContentDisposition,
		ContentEncoding:    a.ContentEncoding,
		ContentLanguage:    a.ContentLanguage,
		Metadata:           a.Metadata,
		IfNotExist:         req.If.Absent(),
		BufferSize:         b.partSize(req.Size),
		BeforeWrite:        b.putHook(req),
	})
	switch {
	case err != nil && req.Content.Err() != nil:
		return files.Info{}, req.Content.Err()
	case err != nil:
		return files.Info{}, b.mapPutError(ctx, o, req.Content, err)
	case !req.Content.Done():
		return files.Info{}, driver.WithCause(files.ErrCorrupt, nil,
			"the driver committed before the content's end")
	}
	return files.Info{}, nil
}

// mapPutError returns ErrUncertain if everything was sent and the service hasn't
// refused it.
func (b *backend) mapPutError(ctx context.Context, o op, content *driver.Content, err error) error {
	mapped := b.mapError(ctx, o, err)
	if !b.provider.remote() || !content.Done() || responseOf(err).notApplied() {
		return mapped
	}
	if k := files.KindOf(mapped); k == nil || k == files.ErrUnavailable {
		return driver.WithCause(files.ErrUncertain, errors.Join(mapped, err), mapped.Error())
	}
	return mapped
}

// source is the content. A failure of its reader aborts the upload.
type source struct {
	content *driver.Content
	abort   context.CancelFunc
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.content.Read(p)
	if err != nil && err != io.EOF {
		s.abort()
	}
	return n, err
}

// checkAttributes refuses what NewWriter can't parse or would change: a content type
// that is not a media type, and metadata keys with letters beyond ASCII, which it folds
// too (P7).
func checkAttributes(a files.Attributes) error {
	m, params, err := mime.ParseMediaType(a.ContentType)
	if err != nil || mime.FormatMediaType(m, params) == "" {
		return driver.Errorf(files.ErrUnsupported,
			"Go CDK stores no content type %q, which is not a media type", a.ContentType)
	}
	for k := range a.Metadata {
		if strings.ToLower(k) != k {
			return driver.Errorf(files.ErrUnsupported, "Go CDK would fold metadata key %q", k)
		}
	}
	return nil
}

// partSize is the size of an upload's parts in bytes, or 0 for the driver's own. It is
// larger if content of known size would have more parts than the service accepts (P11).
func (b *backend) partSize(size int64) int {
	var part, parts int64
	switch b.provider.kind {
	case kindS3:
		part, parts = s3Part, s3Parts
	case kindAzure:
		part, parts = azureBlock, azureBlocks
	}
	if parts == 0 || size <= part*parts {
		return 0
	}
	return int((size/parts/mib + 1) * mib)
}
