package s3

import (
	"context"
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// upload is an upload in parts.
type upload struct {
	b    *backend
	key  string
	id   *string
	sums bool

	mu    sync.Mutex
	done  []types.CompletedPart
	plain atomic.Bool // the store took a part only without its checksum, so no more are sent
	cut   atomic.Bool // a part's request ended without a response
}

// putParts uploads in parts. If anything fails, it aborts the upload. That does no harm
// if only the response to the upload's end was lost.
func (b *backend) putParts(ctx context.Context, c *commit, req *driver.PutRequest,
	parts *driver.Parts, first *driver.Part) (files.Info, error) {
	u, err := b.beginIf(ctx, c, func() (*upload, error) {
		return b.begin(ctx,
			b.createInput(req.Name, req.Attributes, c.writeID, b.native(req.Native)),
			true)
	})
	if err != nil {
		first.Release()
		return files.Info{}, err
	}
	if err := parts.Send(ctx, first, u.send); err != nil {
		return files.Info{}, u.aborted(ctx, err)
	}
	if ctx.Err() != nil {
		return files.Info{}, u.aborted(ctx, driver.ContextError(ctx))
	}
	digest := ""
	if u.sums {
		digest = req.Content.Digest().CRC32C
	}
	c.same = func(ctx context.Context) (files.Info, bool) { return u.findOwnWrite(ctx, req) }
	info, err := u.complete(ctx, c, digest)
	if err != nil {
		return files.Info{}, u.aborted(ctx, err)
	}
	return info, nil
}

func (b *backend) createInput(key string, a files.Attributes, mark string,
	n *PutOptions) *s3.CreateMultipartUploadInput {
	return &s3.CreateMultipartUploadInput{
		Bucket:                    &b.bucket,
		Key:                       aws.String(key),
		ContentType:               strPtr(a.ContentType),
		CacheControl:              strPtr(a.CacheControl),
		ContentDisposition:        strPtr(a.ContentDisposition),
		ContentEncoding:           strPtr(a.ContentEncoding),
		ContentLanguage:           strPtr(a.ContentLanguage),
		Metadata:                  encodeMetadata(a.Metadata, mark),
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
}

// begin begins an upload, with a checksum of the whole content if wholeSum is true and
// the store supports it.
func (b *backend) begin(ctx context.Context, in *s3.CreateMultipartUploadInput,
	wholeSum bool) (*upload, error) {
	u := &upload{b: b, key: *in.Key}
	err := b.withRetryAt(ctx, opPut, *in.Key, func(ctx context.Context) error {
		return b.withSums(func(sums bool) (err error) {
			u.sums = sums && wholeSum
			in.ChecksumAlgorithm, in.ChecksumType = "", ""
			if u.sums {
				in.ChecksumAlgorithm, in.ChecksumType = types.ChecksumAlgorithmCrc32c,
					types.ChecksumTypeFullObject
			}
			u.id, err = b.beginOnce(ctx, *in)
			return err
		})
	})
	return u, err
}

// beginOnce makes one request, and returns the upload's ID. If ctx ends before the
// response, the upload is aborted when that has come.
func (b *backend) beginOnce(ctx context.Context,
	in s3.CreateMultipartUploadInput) (*string, error) {
	return driver.Begin(ctx, func(ctx context.Context) (*string, error) {
		out, err := b.client.CreateMultipartUpload(ctx, &in)
		if err != nil {
			return nil, err
		}
		if aws.ToString(out.UploadId) == "" {
			return nil, missingPromise("without an UploadId")
		}
		return out.UploadId, nil
	}, func(ctx context.Context, id *string) {
		left := &upload{
			b:   b,
			key: *in.Key,
			id:  id,
		}
		left.abortNow(ctx, nil)
	})
}

// beginIf begins an upload. If its end is conditional, the store must keep such
// conditions.
func (b *backend) beginIf(ctx context.Context, c *commit,
	begin func() (*upload, error)) (*upload, error) {
	if c.op == opPutAbsent || c.op == opPutMatch {
		if err := b.relyOn(ctx, CompleteIf, c.key); err != nil {
			return nil, err
		}
	}
	return begin()
}

// sum returns the part's CRC-32C in base64.
func sum(part *driver.Part) *string {
	return base64OfBytes(binary.BigEndian.AppendUint32(nil, part.CRC32C))
}

// send uploads one part, with retries by the bucket's policy.
func (u *upload) send(ctx context.Context, part *driver.Part) error {
	in := &s3.UploadPartInput{
		Bucket:        &u.b.bucket,
		Key:           &u.key,
		UploadId:      u.id,
		PartNumber:    aws.Int32(int32(part.Number)),
		ContentLength: &part.Size,
	}
	if u.sums {
		in.ChecksumCRC32C = sum(part)
	}
	var out *s3.UploadPartOutput
	err := u.b.withRetryAt(ctx, opPut, u.key, func(ctx context.Context) (err error) {
		return u.withSum(in.ChecksumCRC32C, func(sum *string) error {
			in.ChecksumCRC32C = sum
			body := part.Body()
			defer body.End()
			in.Body = body
			out, err = u.b.client.UploadPart(ctx, in)
			return err
		})
	})
	if err != nil {
		if !notApplied(err) {
			u.cut.Store(true)
		}
		return err
	}
	u.add(types.CompletedPart{
		PartNumber:     in.PartNumber,
		ETag:           out.ETag,
		ChecksumCRC32C: in.ChecksumCRC32C,
	})
	return nil
}

// withSum makes a request with a checksum, and, if the store refuses it, again without.
// The rest of the upload then sends none.
func (u *upload) withSum(sum *string, request func(sum *string) error) error {
	if u.plain.Load() {
		sum = nil
	}
	err := request(sum)
	if err == nil || sum == nil || u.b.opts.Checksums != ChecksumsAuto || !refusesSums(err) {
		return err
	}
	if err := request(nil); err != nil {
		return err
	}
	u.plain.Store(true)
	return nil
}

func (u *upload) add(part types.CompletedPart) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.done = append(u.done, part)
}

// complete makes the upload visible; crc32c is the whole content's, or "".
func (u *upload) complete(ctx context.Context, c *commit, crc32c string) (files.Info, error) {
	slices.SortFunc(u.done, func(a, b types.CompletedPart) int {
		return int(*a.PartNumber - *b.PartNumber)
	})
	in := &s3.CompleteMultipartUploadInput{
		Bucket:          &u.b.bucket,
		Key:             &u.key,
		UploadId:        u.id,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: u.done},
		IfMatch:         c.ifMatch,
		IfNoneMatch:     c.ifNoneMatch,
	}
	return c.run(ctx, func(ctx context.Context) (info files.Info, sent bool, err error) {
		var out *s3.CompleteMultipartUploadOutput
		err = u.withSum(base64Of(crc32c), func(sum *string) error {
			in.ChecksumCRC32C, in.ChecksumType = sum, ""
			if sum != nil {
				in.ChecksumType = types.ChecksumTypeFullObject
			} else if crc32c != "" {
				in.MultipartUpload = &types.CompletedMultipartUpload{Parts: withoutSums(u.done)}
			}
			out, err = u.b.client.CompleteMultipartUpload(ctx, in)
			return err
		})
		if err != nil {
			return files.Info{}, true, err
		}
		info.Version = version(out.ETag)
		return info, true, u.b.requireVersion(info.Version)
	})
}

func withoutSums(parts []types.CompletedPart) []types.CompletedPart {
	plain := slices.Clone(parts)
	for i := range plain {
		plain[i].ChecksumCRC32C = nil
	}
	return plain
}

// etag returns the ETag that S3 gives to an object of these parts: the MD5 of the
// parts' MD5s, and their number. It returns "" if that can't be computed.
func (u *upload) etag() files.Version {
	var sums []byte
	for _, part := range u.done {
		sum, err := hex.DecodeString(strings.Trim(aws.ToString(part.ETag), `"`))
		if err != nil || len(sum) != 16 {
			return ""
		}
		sums = append(sums, sum...)
	}
	if !md5Works() {
		return ""
	}
	sum := md5.Sum(sums)
	return files.Version(hex.EncodeToString(sum[:]) + "-" + strconv.Itoa(len(u.done)))
}

// md5Works reports whether there is an MD5, which a program in FIPS 140's strict mode
// doesn't have.
var md5Works = sync.OnceValue(func() (works bool) {
	defer func() { works = recover() == nil }()
	md5.Sum(nil)
	return true
})

// findOwnWrite reports whether the present file is the upload, after the response to
// its end was lost. That is so if the size, the checksum or the ETag of the parts, and
// the attributes are the same.
func (u *upload) findOwnWrite(ctx context.Context, req *driver.PutRequest) (files.Info, bool) {
	info, err := u.b.Stat(ctx, driver.Key{Name: u.key})
	want := req.Content.Digest().CRC32C
	a, b := info.Attributes, req.Attributes
	bytes := u.sums && info.Digest.CRC32C == want || info.Version != "" && info.Version == u.etag()
	same := err == nil && bytes && info.Size == req.Content.Count() &&
		maps.Equal(a.Metadata, b.Metadata) && a.ContentType == b.ContentType &&
		a.CacheControl == b.CacheControl && a.ContentDisposition == b.ContentDisposition &&
		a.ContentEncoding == b.ContentEncoding && a.ContentLanguage == b.ContentLanguage
	return info, same
}

// abort removes the parts, even if ctx has ended (X2). A part whose request was cut may
// arrive after the abort, so abort then checks whether anything is left
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html). left
// reports whether the service has not yet answered the abort, or has refused it.
func (u *upload) abort(ctx context.Context) (left bool) {
	first := make(chan error, 1)
	driver.Undo(ctx, func(ctx context.Context) { u.abortNow(ctx, first) })
	select {
	case err := <-first:
		return err != nil
	default: // there is no response yet
		return true
	}
}

// abortNow is abort with a context that has not ended. It sends the first request's
// result to first, if that isn't nil.
func (u *upload) abortNow(ctx context.Context, first chan<- error) error {
	in := &s3.AbortMultipartUploadInput{Bucket: &u.b.bucket, Key: &u.key, UploadId: u.id}
	gone := 0 // how many listings in a row didn't find the upload
	for wait := firstAbortWait; ; wait *= 4 {
		err := u.b.withRetry(ctx, opDelete, func(ctx context.Context) error {
			_, err := u.b.client.AbortMultipartUpload(ctx, in)
			return err
		})
		if uploadGone(err) {
			err = nil
		}
		if first != nil {
			first <- err
			first = nil
		}
		if err != nil || !u.cut.Load() || wait > lastAbortWait { // the policy has retried
			return err
		}
		// A part that was on its way may arrive after the abort. Its upload then exists
		// again, or still does. On versitygw only the second listing shows that.
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
		if !u.isGone(ctx) {
			gone = 0
		} else if gone++; gone == 2 {
			return nil
		}
	}
}

// aborted aborts the upload because of err, and returns err. It names the upload if the
// service may keep the parts.
func (u *upload) aborted(ctx context.Context, err error) error {
	if u.abort(ctx) {
		return driver.UploadLeft(err, *u.id)
	}
	return err
}

// The first and the last wait between two aborts of an upload that had a part on its
// way. Each wait is four times the one before.
const (
	firstAbortWait = 20 * time.Millisecond
	lastAbortWait  = 2 * time.Second
)

// isGone reports whether the service no longer has the upload, or refuses to list it.
func (u *upload) isGone(ctx context.Context) bool {
	_, err := u.b.client.ListParts(ctx, &s3.ListPartsInput{
		Bucket:   &u.b.bucket,
		Key:      &u.key,
		UploadId: u.id,
		MaxParts: aws.Int32(1),
	})
	return uploadGone(err) || err != nil && files.KindOf(mapError(ctx, opGet,
		err)) != files.ErrUnavailable
}
