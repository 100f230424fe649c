package gocloud

import (
	"context"
	"errors"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Copy copies inside the bucket, where no condition and no new attributes are asked
// for. The source is asked first: its size decides whether the service copies it in one
// request, and the result is what it says.
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
		// Some stores don't find a source whose key s3blob escapes in its way; it was
		// there a moment ago, so the copy streams, which finds out.
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
