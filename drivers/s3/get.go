package s3

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"strconv"

	"cloudfiles.dev/drivers/internal/etag"
	"cloudfiles.dev/drivers/internal/span"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Stat is one HEAD.
func (b *backend) Stat(ctx context.Context, key driver.Key) (files.Info, error) {
	if err := b.checkName(key); err != nil {
		return files.Info{}, err
	}
	out, err := b.head(ctx, &s3.HeadObjectInput{Bucket: &b.bucket, Key: &key.Name})
	if err != nil {
		return files.Info{}, err
	}
	return infoOfHead(out), nil
}

// checkName returns an error for a name that the store can't hold.
func (b *backend) checkName(key driver.Key) error {
	if key.Raw {
		return nil
	}
	return b.known.checkName(key.Name)
}

func (b *backend) head(ctx context.Context,
	in *s3.HeadObjectInput) (out *s3.HeadObjectOutput, err error) {
	err = b.withRetry(ctx, opStat.withConditions(in.IfMatch, in.IfNoneMatch),
		func(ctx context.Context) (err error) {
			out, err = b.headObject(ctx, in)
			if responseOf(err).status == http.StatusBadRequest {
				err = b.reason(ctx, in, err)
			}
			return err
		})
	return out, err
}

// reason makes a GET of one byte to find out why the response to a HEAD, which has no
// body, was 400. The store may refuse the name, or the credentials may have expired.
func (b *backend) reason(ctx context.Context, in *s3.HeadObjectInput, failed error) error {
	one := "bytes=0-0"
	out, err := b.client.GetObject(ctx, &s3.GetObjectInput{
		Bucket: in.Bucket,
		Key:    in.Key,
		Range:  &one,
	})
	if err == nil {
		out.Body.Close()
	}
	if a := responseOf(err); a.isS3 && a.code != "" && a.status == http.StatusBadRequest {
		return err
	}
	return failed
}

// noBucket returns ErrNoBucket if HEAD found no object because the bucket is missing,
// which its response doesn't say (E3).
func (b *backend) noBucket(ctx context.Context, err error) error {
	if files.KindOf(err) != files.ErrNotExist {
		return err
	}
	for _, lerr := range b.List(ctx, driver.ListRequest{Limit: 1, NamesOnly: true}) {
		if files.KindOf(lerr) == files.ErrNoBucket {
			return lerr
		}
		break
	}
	return err
}

// Open is one GET. S3 refuses a range that begins at or after the end, and any range of
// an empty object. In these cases, and for a range of no bytes, Open is a HEAD.
func (b *backend) Open(ctx context.Context, req driver.OpenRequest) (driver.Object, error) {
	if err := b.checkName(req.Key); err != nil {
		return driver.Object{}, err
	}
	if etag.Weak(req.IfVersion) {
		return driver.Object{}, b.checkVersion(req.IfVersion)
	}
	if req.IfVersion != "" && !b.isVersion(req.IfVersion) {
		if _, err := b.Stat(ctx, req.Key); err != nil {
			return driver.Object{}, b.noBucket(ctx, err)
		}
		return driver.Object{}, files.ErrPrecondition
	}
	if !etag.Weak(req.IfNotVersion) && !b.isVersion(req.IfNotVersion) {
		req.IfNotVersion = "" // which no file has
	}
	if _, n, _ := req.Range.Parts(); n == 0 {
		o, _, err := b.openEmpty(ctx, req)
		return o, err
	}
	o, err := b.open(ctx, req)
	for try := 0; errors.Is(err, errRange); try++ {
		var empty bool
		if o, empty, err = b.openEmpty(ctx, req); err != nil || empty {
			return o, err
		}
		if try == maxRangeTries {
			return driver.Object{}, driver.Errorf(files.ErrUnavailable,
				"the service repeatedly refuses a range that the file has")
		}
		// A longer file replaced it meanwhile, or the store doesn't cut a range that is
		// longer than the file.
		cut := req
		cut.Range = files.Bytes(o.Offset, o.Length)
		o, err = b.open(ctx, cut)
	}
	return o, err
}

// maxRangeTries bounds the attempts to read a file that grows each time after a range
// of it was refused.
const maxRangeTries = 3

// openEmpty resolves a range that should have no bytes.
func (b *backend) openEmpty(ctx context.Context,
	req driver.OpenRequest) (o driver.Object, empty bool, err error) {
	out, err := b.head(ctx, &s3.HeadObjectInput{
		Bucket:      &b.bucket,
		Key:         &req.Key.Name,
		IfMatch:     etagOf(req.IfVersion),
		IfNoneMatch: etagOf(req.IfNotVersion),
	})
	if err != nil {
		return o, false, b.noBucket(ctx, err)
	}
	o.Info = infoOfHead(out)
	if err := etag.Compare(req.IfVersion, req.IfNotVersion, o.Info.Version); err != nil {
		return o, false, err
	}
	o.Offset, o.Length = req.Range.Resolve(o.Info.Size)
	return o, o.Length == 0, nil
}

func (b *backend) open(ctx context.Context, req driver.OpenRequest) (driver.Object, error) {
	in := &s3.GetObjectInput{
		Bucket:      &b.bucket,
		Key:         &req.Key.Name,
		Range:       rangeHeader(req.Range),
		IfMatch:     etagOf(req.IfVersion),
		IfNoneMatch: etagOf(req.IfNotVersion),
	}
	var out *s3.GetObjectOutput
	err := b.withRetry(ctx, opGet.withConditions(in.IfMatch, in.IfNoneMatch),
		func(ctx context.Context) (err error) {
			out, err = b.getObject(ctx, in)
			return err
		})
	if err != nil {
		return driver.Object{}, err
	}
	body := &body{ctx: ctx, r: out.Body}
	if err := etag.Compare(req.IfVersion, req.IfNotVersion, version(out.ETag)); err != nil {
		body.Close()
		return driver.Object{}, err
	}
	size, first, length := aws.ToInt64(out.ContentLength), int64(0), aws.ToInt64(out.ContentLength)
	if out.ContentRange != nil {
		part, ok := span.Parse(*out.ContentRange)
		if !ok || part.Size < 0 {
			body.Close()
			if out.ContentLength != nil && *out.ContentLength == 0 {
				return driver.Object{}, errRange // an empty file's: MinIO says "bytes 0--1/0"
			}
			return driver.Object{}, driver.Errorf(files.ErrUnavailable,
				"the response's Content-Range can't be read")
		}
		first, length, size = part.First, part.Len(), part.Size
		if out.ContentLength != nil && *out.ContentLength != length {
			body.Close()
			return driver.Object{}, driver.Errorf(files.ErrUnavailable,
				"the response's Content-Range is of %d bytes, and its length is %d", length,
				*out.ContentLength)
		}
	} else if out.ContentLength == nil {
		body.Close()
		return driver.Object{}, driver.Errorf(files.ErrUnavailable, "the response has no length")
	}
	o := driver.Object{Info: infoOfGet(out, size), Body: body}
	body.left = length
	var fits bool
	o.Offset, o.Length, o.Before, fits = span.Fit(req.Range, first, length, size)
	if !fits {
		body.Close()
		return driver.Object{}, driver.Errorf(files.ErrUnavailable,
			"the response has another range than the request")
	}
	return o, nil
}

// rangeHeader returns the range in the form of RFC 9110; nil for all.
func rangeHeader(r files.Range) *string {
	off, n, last := r.Parts()
	switch {
	case last:
		return aws.String("bytes=-" + strconv.FormatInt(n, 10))
	case n != math.MaxInt64 && off <= math.MaxInt64-n:
		return aws.String("bytes=" + strconv.FormatInt(off,
			10) + "-" + strconv.FormatInt(off+n-1, 10))
	case off > 0 || !r.IsWhole():
		return aws.String("bytes=" + strconv.FormatInt(off, 10) + "-")
	}
	return nil
}

// body turns a connection's failure into the error after which package driver resumes
// (G5). Close during a Read closes the connection, which ends the Read.
type body struct {
	ctx  context.Context
	r    io.ReadCloser
	left int64 // bytes, of those that the response announced
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.left -= int64(n)
	if err == io.EOF && b.left > 0 {
		return n, driver.Errorf(files.ErrUnavailable, "the body ended %d bytes early", b.left)
	}
	if err != nil && err != io.EOF {
		err = mapError(b.ctx, opBody, err)
	}
	return n, err
}

func (b *body) Close() error { return b.r.Close() }
