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

// copyPart is the size of a part of a copy in parts, which nothing of this process holds.
const copyPart = gib

// copyParts copies with UploadPartCopy, of that version of the source. Unlike
// CopyObject it takes nothing over by itself.
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
	// No checksum is asked for, so S3 computes its own of the whole, CRC-64/NVME: the
	// parts' can't be known from here.
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

// tags are the source's, as far as the credentials may see them and the store has such.
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

// copyFrom copies all parts, a few at a time. After an error no other part begins, but
// those in flight are waited for: S3 goes on with a copy whose client has gone, and
// what it copies after the abort may stay
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
		return files.Errorf(files.ErrUnavailable,
			"the service tells nothing of the part that it copied: "+notS3)
	}
	u.add(types.CompletedPart{PartNumber: &number, ETag: out.CopyPartResult.ETag})
	return nil
}
