package s3

import (
	"context"
	"errors"
	"strings"

	"cloudfiles.dev/drivers/internal/etag"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// errSourceChanged: the source was replaced between its HEAD and the copy.
var errSourceChanged = errors.New("the source was replaced")

// Copy is one CopyObject. If the whole Info is requested, which the response doesn't
// contain, one HEAD precedes it. A source that is too large for CopyObject is copied in
// parts. The source may be in another bucket of the same endpoint if the credentials
// may read it.
func (b *backend) Copy(ctx context.Context, from driver.Backend,
	req *driver.CopyRequest) (files.Info, error) {
	src, ok := from.(*backend)
	if !ok || src.store.endpoint != b.store.endpoint || src.store.region != b.store.region {
		return files.Info{}, files.ErrUnsupported
	}
	// If the store doesn't keep the conditions, files.Copy reads and puts: a read is of
	// one version, and a Put has conditions. pinned means that CopyObject is for one
	// version of the source.
	itself := src.bucket == b.bucket && req.Src == req.Dst
	pinned := req.IfSource != "" || req.FullInfo || itself
	if !req.If.IsZero() && b.known.is(CopyIf) != Kept ||
		pinned && b.known.is(CopySourceIf) != Kept {
		return files.Info{}, files.ErrUnsupported
	}
	if itself && req.If.IsZero() && b.known.is(CopyIf) != Kept &&
		b.known.is(PutIfVersion) != NotKept {
		// The store would read and write without comparing the version, which undoes a
		// Put in between. So read, and put over that version alone.
		return files.Info{}, files.ErrUnsupported
	}
	if err := src.known.checkName(req.Src); err != nil {
		return files.Info{}, err
	}
	if err := b.beginPut(ctx, req.Dst, files.Condition{}); err != nil {
		return files.Info{}, err
	}
	v, _ := req.If.Version()
	for _, v := range []files.Version{v, req.IfSource} {
		if err := b.checkVersion(v); err != nil {
			return files.Info{}, err
		}
	}
	info, err := b.copy(ctx, src, req, itself)
	if src.bucket != b.bucket && files.KindOf(err) == files.ErrPermission {
		return files.Info{}, files.ErrUnsupported // the source may have other credentials
	}
	return info, err
}

// copy copies inside the store. S3 refuses a copy of an object onto itself that changes
// nothing, so such a copy sends the attributes again.
func (b *backend) copy(ctx context.Context, src *backend, req *driver.CopyRequest,
	itself bool) (files.Info, error) {
	if !req.FullInfo && !itself {
		info, err := b.copyObject(ctx, src, req, req.Attributes, req.IfSource)
		_, ifVersion := req.If.Version()
		if k := files.KindOf(err); (req.IfSource != "" ||
			ifVersion) && (k == files.ErrPrecondition || k == files.ErrExist) {
			err = b.whichCondition(ctx, src, req, req.IfSource, err)
		}
		if !tooLargeToCopy(err) {
			return info, err
		}
		if b.known.is(CopySourceIf) != Kept {
			// The parts could be of several versions, so read and put.
			return files.Info{}, files.ErrUnsupported
		}
	}
	for range maxCopyTries {
		info, err := b.copyPinned(ctx, src, req, itself)
		if err != errSourceChanged {
			return info, err
		}
	}
	return files.Info{}, driver.Errorf(files.ErrUnavailable,
		"the source is replaced again and again")
}

// maxCopyTries bounds the attempts to copy a source that is replaced each time between
// its HEAD and the copy.
const maxCopyTries = 20

// tooLargeToCopy reports whether the source is too large for CopyObject, to which S3
// answers with InvalidRequest.
func tooLargeToCopy(err error) bool {
	code := responseOf(err).code
	return code == "InvalidRequest" || code == "EntityTooLarge"
}

// copyPinned reads the source's Info first, and copies that version.
func (b *backend) copyPinned(ctx context.Context, src *backend, req *driver.CopyRequest,
	itself bool) (files.Info, error) {
	out, err := b.head(ctx, &s3.HeadObjectInput{
		Bucket:  &src.bucket,
		Key:     &req.Src,
		IfMatch: etagOf(req.IfSource),
	})
	if err == nil && req.IfSource != "" && version(out.ETag) != req.IfSource {
		return files.Info{}, files.ErrPrecondition // a store that ignores the condition
	}
	if files.KindOf(err) == files.ErrNotExist {
		// The response to the copy distinguishes a missing bucket from a missing file
		// (E3). If the copy succeeds, the 404 came from a proxy.
		info, err := b.copyObject(ctx, src, req, req.Attributes, req.IfSource)
		if err == nil && req.FullInfo {
			info = b.infoAfterCopy(ctx, req.Dst, info)
		}
		return info, err
	}
	if err != nil {
		return files.Info{}, err
	}
	source := infoOfHead(out)
	if source.Version == "" || etag.Weak(source.Version) {
		// No condition makes the copy be of this version, so read and put.
		return files.Info{}, files.ErrUnsupported
	}
	attributes := req.Attributes
	if itself && attributes == nil {
		attributes = &source.Attributes
	}
	again := false // retry if another program writes in between
	if itself && req.If.IsZero() && b.known.is(CopyIf) == Kept {
		// A Put in between must not be undone: the copy replaces only the version that
		// it reads.
		pinned := *req
		pinned.If = files.IfVersion(source.Version)
		req, again = &pinned, req.IfSource == ""
	}
	var info files.Info
	if source.Size > b.copyLimit && !b.pinsParts(ctx, req.Dst) {
		return files.Info{}, files.ErrUnsupported // read and put
	}
	if source.Size > b.copyLimit {
		info, err = b.copyParts(ctx, src, req, source)
	} else {
		info, err = b.copyObject(ctx, src, req, attributes, source.Version)
	}
	if err != nil {
		if k := files.KindOf(err); (k == files.ErrPrecondition ||
			k == files.ErrExist) && !errors.Is(err, errSourceChanged) {
			if again {
				return files.Info{}, errSourceChanged
			}
			return files.Info{}, b.whichCondition(ctx, src, req, source.Version, err)
		}
		return files.Info{}, err
	}
	info.Size, info.Attributes = source.Size, source.Attributes
	if req.Attributes != nil {
		info.Attributes = *req.Attributes
	}
	if info.Digest.IsZero() {
		info.Digest = source.Digest
	}
	return info, nil
}

// infoAfterCopy returns the Info of the file if it is still what the copy made, and
// otherwise made.
func (b *backend) infoAfterCopy(ctx context.Context, name string, made files.Info) files.Info {
	out, err := b.head(ctx, &s3.HeadObjectInput{Bucket: &b.bucket, Key: &name})
	if err != nil || version(out.ETag) != made.Version {
		return made
	}
	return infoOfHead(out)
}

// whichCondition finds out whether the condition on the source failed, or the condition
// on the target: S3 answers both with 412, and a missing source and a missing target
// with 404. was is the version that the source should have, or "".
func (b *backend) whichCondition(ctx context.Context, src *backend, req *driver.CopyRequest,
	was files.Version, failed error) error {
	now, err := b.head(ctx, &s3.HeadObjectInput{Bucket: &src.bucket, Key: &req.Src})
	switch {
	case files.KindOf(err) == files.ErrNotExist:
		return err
	case err != nil || was == "" || version(now.ETag) == was:
		return failed
	case req.IfSource != "":
		return files.ErrPrecondition
	}
	return errSourceChanged
}

// copyObject is one CopyObject, of version v of the source unless v is "". The Info has
// no size.
func (b *backend) copyObject(ctx context.Context, src *backend, req *driver.CopyRequest,
	a *files.Attributes, v files.Version) (files.Info, error) {
	c, n := b.newCommit(req.Dst, req.If), b.native(req.Native)
	if c.op == opPut {
		c.op = opCopy
	}
	if c.op |= copying; v != "" {
		c.op |= ifFrom
	}
	in := &s3.CopyObjectInput{
		Bucket:                    &b.bucket,
		Key:                       &req.Dst,
		CopySource:                copySource(src.bucket, req.Src),
		CopySourceIfMatch:         etagOf(v),
		IfMatch:                   c.ifMatch,
		IfNoneMatch:               c.ifNoneMatch,
		StorageClass:              n.StorageClass,
		ServerSideEncryption:      n.Encryption,
		SSEKMSKeyId:               n.kmsKey(),
		BucketKeyEnabled:          n.bucketKey(),
		ObjectLockMode:            n.Lock,
		ObjectLockRetainUntilDate: n.retainUntil(),
		ObjectLockLegalHoldStatus: n.legalHold(),
		ACL:                       n.ACL,
	}
	if n.Tags != nil {
		in.TaggingDirective, in.Tagging = types.TaggingDirectiveReplace, n.tagging()
	}
	if a == nil {
		c.writeID = "" // S3 copies the source's metadata
	} else {
		in.MetadataDirective, in.Metadata = types.MetadataDirectiveReplace,
			encodeMetadata(a.Metadata, c.writeID)
		in.ContentType, in.CacheControl, in.ContentDisposition = strPtr(a.ContentType),
			strPtr(a.CacheControl), strPtr(a.ContentDisposition)
		in.ContentEncoding, in.ContentLanguage = strPtr(a.ContentEncoding),
			strPtr(a.ContentLanguage)
	}
	return c.run(ctx, func(ctx context.Context) (info files.Info, sent bool, err error) {
		var out *s3.CopyObjectOutput
		err = b.withSums(func(sums bool) error {
			in.ChecksumAlgorithm = ""
			if sums {
				in.ChecksumAlgorithm = types.ChecksumAlgorithmCrc32c
			}
			out, err = b.client.CopyObject(ctx, in)
			return err
		})
		if err != nil {
			return files.Info{}, true, err
		}
		info.Size = -1
		if a != nil {
			info.Attributes = *a
		}
		if r := out.CopyObjectResult; r != nil {
			info.Version, info.ModTime = version(r.ETag), truncateTime(r.LastModified)
			info.Digest = digest(r.ChecksumType, r.ChecksumCRC32C, r.ChecksumCRC32,
				r.ChecksumCRC64NVME, r.ChecksumSHA256)
		}
		return info, true, b.requireVersion(info.Version)
	})
}

// copySource returns the value of the header x-amz-copy-source: bucket and key, with
// everything except letters, digits and -._~/ escaped, since some stores take "+" for a
// space. For an access point, which is named by an ARN, it is the object's ARN:
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
func copySource(bucket, key string) *string {
	between := "/"
	if strings.HasPrefix(bucket, "arn:") { // an access point
		between = "/object/"
	}
	var b strings.Builder
	b.Grow(len(bucket) + len(between) + len(key) + 16)
	for _, part := range [...]string{bucket, between, key} {
		escapeSource(&b, part)
	}
	return aws.String(b.String())
}

func escapeSource(b *strings.Builder, s string) {
	const hex = "0123456789ABCDEF"
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if letter || strings.IndexByte("-._~/", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
}
