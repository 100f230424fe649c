package gocloud

import (
	"context"
	"errors"
	"io"
	"mime"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"gocloud.dev/blob"
)

// Put uploads the content. Bucket.Upload closes its writer whatever happened, and memblob, fileblob and gcsblob then
// commit what came so far, unless the writer's context has ended: so it ends before
// a failing Read returns (P2). ContentMD5 is never given: it would make azureblob write through its pipe, where
// a failure panics in Close, and the digests are checked by the Upload already (P10).
func (b *backend) Put(ctx context.Context, req *driver.PutRequest) (files.Info, error) {
	if err := checkType(req.Attributes.ContentType); err != nil {
		return files.Info{}, err
	}
	if err := b.present(); err != nil {
		return files.Info{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	o := opPut
	if req.If.Absent() {
		o = opPutIfAbsent
	}
	a := req.Attributes
	err := b.bucket.Upload(ctx, req.Name, &source{req.Content, cancel}, &blob.WriterOptions{
		ContentType: a.ContentType, CacheControl: a.CacheControl, ContentDisposition: a.ContentDisposition,
		ContentEncoding: a.ContentEncoding, ContentLanguage: a.ContentLanguage, Metadata: a.Metadata,
		IfNotExist: req.If.Absent(), BufferSize: b.partSize(req.Size),
	})
	switch {
	case err != nil && req.Content.Err() != nil:
		return files.Info{}, req.Content.Err()
	case err != nil:
		return files.Info{}, b.putFault(ctx, o, req.Content, err)
	case !req.Content.Done():
		return files.Info{}, files.Errorf(files.ErrCorrupt, "the driver committed before the content's end")
	}
	return files.Info{}, nil
}

// putFault is ErrUncertain where everything was sent and nobody refused it.
func (b *backend) putFault(ctx context.Context, o op, content *driver.Upload, err error) error {
	mapped := b.fault(ctx, o, err)
	if !b.provider.remote() || !content.Done() || replyOf(err).certain() {
		return mapped
	}
	if k := files.KindOf(mapped); k == nil || k == files.ErrUnavailable {
		return files.WithCause(files.ErrUncertain, errors.Join(mapped, err), mapped.Error())
	}
	return mapped
}

// source is the content, whose failure aborts the upload.
type source struct {
	content *driver.Upload
	abort   context.CancelFunc
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.content.Read(p)
	if err != nil && err != io.EOF {
		s.abort()
	}
	return n, err
}

// checkType refuses what NewWriter can't parse, or would store as nothing.
func checkType(t string) error {
	m, params, err := mime.ParseMediaType(t)
	if err != nil || mime.FormatMediaType(m, params) == "" {
		return files.Errorf(files.ErrInvalid, "content type %q is not a media type", t)
	}
	return nil
}

// partSize is the size of an upload's parts in bytes, 0 for the driver's own: greater where a content of known size would have more parts
// than the service takes (P11).
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

// Delete removes the key; a missing one is no error (D1). fileblob also removes an empty folder of that name,
// which is no file, and answers for one with files in it that it isn't empty.
func (b *backend) Delete(ctx context.Context, key driver.Key, _ files.Version) error {
	if err := b.present(); err != nil {
		return err
	}
	err := b.fault(ctx, opDelete, b.bucket.Delete(ctx, key.Name))
	if errors.Is(err, files.ErrNotExist) && !errors.Is(err, files.ErrNoBucket) {
		return nil
	}
	return err
}

// Copy copies inside the bucket, where no condition and no new attributes are asked for. The source is asked first: its size
// tells whether the service copies it in one request, and the result is what it tells.
func (b *backend) Copy(ctx context.Context, from driver.Backend, req *driver.CopyRequest) (files.Info, error) {
	src, ok := from.(*backend)
	if !ok || src.bucket != b.bucket || !req.If.IsZero() || req.IfSource != "" || req.Attributes != nil {
		return files.Info{}, files.ErrUnsupported
	}
	info, err := b.Stat(ctx, driver.Key{Name: req.Src})
	if err != nil {
		return files.Info{}, err
	}
	if b.provider.kind == kindS3 && info.Size > maxS3Copy {
		return files.Info{}, files.ErrUnsupported
	}
	err = b.fault(ctx, opCopy, b.bucket.Copy(ctx, req.Dst, req.Src, nil))
	if errors.Is(err, files.ErrNotExist) {
		// Some stores don't find a source whose key s3blob escapes in its way; it was there a moment ago, so the
		// copy streams, which finds out.
		return files.Info{}, files.ErrUnsupported
	}
	if err != nil {
		return files.Info{}, err
	}
	info.Version, info.ModTime = "", time.Time{} // the target's own aren't known
	return info, nil
}

// maxS3Copy is the largest file that S3 copies in one request.
const maxS3Copy = 5 << 30

// SignURL signs, where the driver can (W1).
func (b *backend) SignURL(ctx context.Context, name string, opts files.SignOptions) (files.SignedURL, error) {
	cloud := b.provider.kind == kindS3 || b.provider.kind == kindGCS
	if cloud && opts.Expiry > maxExpiry {
		return files.SignedURL{}, files.Errorf(files.ErrInvalid, "expiry %v is beyond the service's %v", opts.Expiry, maxExpiry)
	}
	expires := time.Now().Add(opts.Expiry).UTC()
	u, err := b.bucket.SignedURL(ctx, name, &blob.SignedURLOptions{Expiry: opts.Expiry, Method: opts.Method, ContentType: opts.ContentType})
	if err != nil {
		return files.SignedURL{}, b.fault(ctx, opSign, err)
	}
	s := files.SignedURL{Method: opts.Method, URL: u, Expires: expires, Header: map[string][]string{}}
	if opts.ContentType != "" {
		s.Header["Content-Type"] = []string{opts.ContentType}
	}
	if b.provider.kind == kindAzure && opts.Method == "PUT" {
		s.Header["X-Ms-Blob-Type"] = []string{"BlockBlob"}
	}
	return s, nil
}

// maxExpiry is the longest life of a signed URL of S3 and GCS.
const maxExpiry = 7 * 24 * time.Hour
