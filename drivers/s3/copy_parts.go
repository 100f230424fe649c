package s3

import (
	"context"
	"strconv"
	"sync"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// copyPart is the size of a part of a copy in parts, which needs no memory here.
const copyPart = gib

// copyParts copies one version of the source with UploadPartCopy, which unlike
// CopyObject copies no attributes and no tags.
func (b *backend) copyParts(ctx context.Context, src *backend, req *driver.CopyRequest,
	source files.Info) (files.Info, error) {
	attributes, n := source.Attributes, *b.native(req.Native)
	if req.Attributes != nil {
		attributes = *req.Attributes
	}
	if n.Tags == nil {
		n.Tags = b.tags(ctx, src, req.Src)
	}
	c := b.newCommit(req.Dst, req.If)
	// The parts' checksums aren't known here, so none is requested, and S3 computes a
	// CRC-64/NVME of the whole.
	u, err := b.beginIf(ctx, c, func() (*upload, error) {
		return b.begin(ctx, b.createInput(req.Dst, attributes, c.writeID, &n), false)
	})
	if err != nil {
		return files.Info{}, err
	}
	if err := u.copyFrom(ctx, src, req.Src, source); err != nil {
		return files.Info{}, u.aborted(ctx, err)
	}
	info, err := u.complete(ctx, c, "")
	if err != nil {
		return files.Info{}, u.aborted(ctx, err)
	}
	return info, nil
}

// tags returns the source's tags, or none if the credentials may not read them or the
// store has no tags.
func (b *backend) tags(ctx context.Context, src *backend, key string) map[string]string {
	out, err := b.client.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{
		Bucket: &src.bucket,
		Key:    &key,
	})
	if err != nil {
		return nil
	}
	tags := make(map[string]string, len(out.TagSet))
	for _, t := range out.TagSet {
		tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return tags
}

// copyFrom copies all parts, a few at a time. After an error it begins no other part,
// but waits for the parts in flight: S3 continues a copy whose connection is closed,
// and what it copies after the abort may stay
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html).
func (u *upload) copyFrom(ctx context.Context, src *backend, key string, source files.Info) error {
	var (
		wg     sync.WaitGroup
		failed = make(chan error, 1)
		slots  = make(chan struct{}, u.b.plan.Concurrency)
		size   = min(copyPart, u.b.copyLimit)
	)
	for number, off := int32(1), int64(0); off < source.Size && ctx.Err() == nil &&
		len(failed) == 0; number, off = number+1, off+size {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if err := u.copyPart(ctx, src, key, source, number, off,
				min(size, source.Size-off)); err != nil {
				select {
				case failed <- err:
				default: // the first one counts
				}
			}
		})
	}
	wg.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return driver.ContextError(ctx)
	}
}

func (u *upload) copyPart(ctx context.Context, src *backend, key string, source files.Info,
	number int32, off, n int64) error {
	in := &s3.UploadPartCopyInput{
		Bucket:            &u.b.bucket,
		Key:               &u.key,
		UploadId:          u.id,
		PartNumber:        &number,
		CopySource:        copySource(src.bucket, key),
		CopySourceIfMatch: etagOf(source.Version),
		CopySourceRange: aws.String("bytes=" + strconv.FormatInt(off,
			10) + "-" + strconv.FormatInt(off+n-1, 10)),
	}
	var out *s3.UploadPartCopyOutput
	err := u.b.withRetry(ctx, opCopy|copying|ifFrom, func(ctx context.Context) (err error) {
		out, err = u.b.client.UploadPartCopy(ctx, in)
		return err
	})
	if err != nil {
		return err
	}
	if out.CopyPartResult == nil || version(out.CopyPartResult.ETag) == "" {
		return driver.Errorf(files.ErrUnavailable,
			"the response doesn't describe the part that was copied: "+notS3)
	}
	u.add(types.CompletedPart{PartNumber: &number, ETag: out.CopyPartResult.ETag})
	return nil
}
