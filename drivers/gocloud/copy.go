package gocloud

import (
	"context"
	"errors"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Copy copies inside the bucket if the request has no condition and no new attributes. It
// requests the source's Info first: the size decides whether the service can copy in one
// request, and the result is made of it.
func (b *backend) Copy(ctx context.Context, from driver.Backend,
	req *driver.CopyRequest) (files.Info, error) {
	src, ok := from.(*backend)
	if ok && src.bucket == b.bucket && b.isOverBridge() {
		return b.copyNative(ctx, req)
	}
	if !ok || src.bucket != b.bucket || !req.If.IsZero() || req.IfSource != "" ||
		req.Attributes != nil {
		return files.Info{}, files.ErrUnsupported
	}
	info, err := b.Stat(ctx, driver.Key{Name: req.Src})
	if err != nil {
		return files.Info{}, err
	}
	if b.provider.kind == kindS3 && info.Size > maxS3Copy {
		return files.Info{}, files.ErrUnsupported
	}
	err = b.mapError(ctx, opCopy, b.bucket.Copy(ctx, req.Dst, req.Src, nil))
	if errors.Is(err, files.ErrNotExist) {
		// Some stores don't find a source whose key s3blob escapes in its own way. The
		// file existed a moment ago, so the copy streams, which finds out.
		return files.Info{}, files.ErrUnsupported
	}
	if err != nil {
		return files.Info{}, err
	}
	info.Version, info.ModTime = "", time.Time{} // the target's are unknown
	return info, nil
}

// maxS3Copy is the largest file that S3 copies in one request.
const maxS3Copy = 5 << 30
