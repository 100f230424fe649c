package s3

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// pinsParts reports whether a copy in parts can be of one version of its source. A
// store that keeps CopyObject's condition on the source may ignore UploadPartCopy's,
// whose response doesn't name the part's version. So the condition is tried before the
// first such copy, unless the store's profile has it.
func (b *backend) pinsParts(ctx context.Context, near string) bool {
	k := &b.known
	switch {
	case k.profile.NoPartCopy:
		return false
	case k.profile.keep(CopySourceIf) == Kept:
		return true
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if Keep(k.partCopy.Load()) == Unproved {
		v, err := b.newProof(near).partCopy(ctx)
		if err != nil {
			return false // it stays unproved
		}
		k.partCopy.Store(uint32(v.keep()))
	}
	return Keep(k.partCopy.Load()) == Kept
}

// partCopy tries UploadPartCopy of a version that its source doesn't have.
func (p *proof) partCopy(ctx context.Context) (v verdict, err error) {
	from, to := p.base, p.base+"-copy"
	defer p.remove(ctx, from)
	if _, err := p.create(ctx, from); err != nil {
		return v, err
	}
	u, err := p.b.begin(ctx, &s3.CreateMultipartUploadInput{Bucket: &p.b.bucket, Key: &to}, false)
	if err != nil {
		return v, err
	}
	defer u.abort(ctx)
	return p.try(ctx, opCopy, func(ctx context.Context) error {
		_, err := p.b.client.UploadPartCopy(ctx, &s3.UploadPartCopyInput{
			Bucket:            &p.b.bucket,
			Key:               &to,
			UploadId:          u.id,
			PartNumber:        aws.Int32(1),
			CopySource:        copySource(p.b.bucket, from),
			CopySourceIfMatch: etagOf(wrongETag),
		})
		return err
	})
}
