package s3

import (
	"context"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Put reads the content up to a part's size. Content that ends there is one PutObject;
// longer content is sent in parts.
func (b *backend) Put(ctx context.Context, req *driver.PutRequest) (files.Info, error) {
	if v, ok := req.If.Version(); ok {
		if err := b.checkVersion(v); err != nil {
			return files.Info{}, err
		}
	}
	if err := b.beginPut(ctx, req.Name, req.If); err != nil {
		return files.Info{}, err
	}
	parts, err := driver.NewParts(b.plan, req)
	if err != nil {
		return files.Info{}, err
	}
	first, err := parts.Next(ctx)
	if err != nil {
		return files.Info{}, err
	}
	c := b.newCommit(req.Name, req.If)
	if first.Last {
		defer first.Release()
		return b.putOne(ctx, c, req, first)
	}
	return b.putParts(ctx, c, req, parts, first)
}

// putOne is one PutObject.
func (b *backend) putOne(ctx context.Context, c *commit, req *driver.PutRequest,
	part *driver.Part) (files.Info, error) {
	a, n := req.Attributes, b.native(req.Native)
	in := &s3.PutObjectInput{
		Bucket:                    &b.bucket,
		Key:                       &req.Name,
		ContentLength:             &part.Size,
		ContentType:               strPtr(a.ContentType),
		CacheControl:              strPtr(a.CacheControl),
		ContentDisposition:        strPtr(a.ContentDisposition),
		ContentEncoding:           strPtr(a.ContentEncoding),
		ContentLanguage:           strPtr(a.ContentLanguage),
		Metadata:                  encodeMetadata(a.Metadata, c.writeID),
		IfMatch:                   c.ifMatch,
		IfNoneMatch:               c.ifNoneMatch,
		StorageClass:              n.StorageClass,
		Tagging:                   n.tagging(),
		ServerSideEncryption:      n.Encryption,
		SSEKMSKeyId:               n.kmsKey(),
		BucketKeyEnabled:          n.bucketKey(),
		ObjectLockMode:            n.Lock,
		ObjectLockRetainUntilDate: n.retainUntil(),
		ObjectLockLegalHoldStatus: n.legalHold(),
		ACL:                       n.ACL,
	}
	digest := req.Content.Digest()
	return c.run(ctx, func(ctx context.Context) (info files.Info, sent bool, err error) {
		var etag *string
		err = b.withSums(func(sums bool) error {
			in.ChecksumCRC32C = nil
			if sums {
				in.ChecksumCRC32C = base64Of(digest.CRC32C)
			}
			etag, sent, err = b.putObject(ctx, in, part.Size, func() partBody {
				return part.Body()
			})
			return err
		})
		if err != nil {
			return files.Info{}, sent, err
		}
		info.Version = version(etag)
		return info, true, nil
	})
}

// If maxOddSums requests in a row succeed only without a checksum, no more checksums
// are sent, although the store doesn't say that it refuses them.
const maxOddSums = 3

// withSums makes a request with checksums, and, if the store refuses them, again
// without. If the store said that the checksum is the reason and the second request
// succeeded, no more checksums are sent. One odd response doesn't have that effect.
func (b *backend) withSums(request func(sums bool) error) error {
	sums := !b.noSums.Load()
	err := request(sums)
	if err == nil && sums {
		b.oddSums.Store(0)
	}
	if err == nil || !sums || b.opts.Checksums != ChecksumsAuto || !refusesSums(err) {
		return err
	}
	if err := request(false); err != nil {
		return err
	}
	if saysSums(err) || b.oddSums.Add(1) >= maxOddSums {
		b.noSums.Store(true)
	}
	return nil
}

// saysSums reports whether the store says that it refuses the checksum.
func saysSums(err error) bool {
	a := responseOf(err)
	message := strings.ToLower(a.message)
	return a.code == "NotImplemented" || a.code == "UnsupportedHeader" ||
		strings.Contains(message, "checksum") || strings.Contains(message, "x-amz-sdk")
}

// refusesSums reports whether the checksum may be what the store refuses. Stores say
// that in many ways.
func refusesSums(err error) bool {
	switch responseOf(err).code {
	case "NotImplemented", "InvalidArgument", "InvalidRequest", "InvalidHeader",
		"UnsupportedHeader", "InvalidDigest", "BadRequest", "MissingContentMD5":
		return true
	}
	a := responseOf(err)
	return a.status == 501 && a.isS3 || (a.status == 501 || a.status == 400) && a.bare
}
