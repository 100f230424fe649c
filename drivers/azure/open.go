package azure

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
)

// Open asks for the content, whose answer has the whole Info. The service knows no suffixes, so the
// last bytes, and what comes of a range that begins at the end, take the properties too.
func (b *backend) Open(ctx context.Context, req driver.OpenRequest) (driver.Object, error) {
	if missing(req.Key) {
		return driver.Object{}, files.ErrNotExist
	}
	off, n, last := req.Range.Parts()
	if last || n == 0 {
		info, err := b.statIf(ctx, req)
		if err != nil {
			return driver.Object{}, err
		}
		off, n = req.Range.Resolve(info.Size)
		if n == 0 {
			return driver.Object{Info: info, Offset: off}, nil
		}
		req.IfVersion, req.IfNotVersion = info.Version, "" // what was resolved holds for this one only
		o, err := b.download(ctx, req, off, n)
		if errors.Is(err, files.ErrPrecondition) {
			err = files.WithCause(files.ErrChanged, err, "the file was replaced while it was opened")
		}
		return o, err
	}
	o, err := b.download(ctx, req, off, n)
	if r, ok := errors.AsType[*answer](err); ok && r.status == http.StatusRequestedRangeNotSatisfiable {
		info, err := b.statIf(ctx, req)
		if err != nil {
			return driver.Object{}, err
		}
		off, n := req.Range.Resolve(info.Size)
		if n > 0 {
			return driver.Object{}, files.WithCause(files.ErrChanged, nil, "the file was replaced while it was opened")
		}
		return driver.Object{Info: info, Offset: off}, nil
	}
	return o, err
}

// plainly keeps the transport from decompressing what is stored compressed (P7).
var plainly = http.Header{"Accept-Encoding": {"identity"}}

// download asks for n bytes from off, or for all from off where n is math.MaxInt64.
func (b *backend) download(ctx context.Context, req driver.OpenRequest, off, n int64) (o driver.Object, err error) {
	var opts *blob.DownloadStreamOptions
	if cond := readConditions(req.IfVersion, req.IfNotVersion); cond != nil || off > 0 || n < math.MaxInt64 {
		opts = &blob.DownloadStreamOptions{AccessConditions: cond, Range: blob.HTTPRange{Offset: off}}
		if n < math.MaxInt64 {
			opts.Range.Count = n
		}
	}
	var r blob.DownloadStreamResponse
	err = b.do(ctx, opRead, func(ctx context.Context) (err error) {
		if !b.own {
			ctx = policy.WithHTTPHeader(ctx, plainly)
		}
		r, err = b.blob(req.Key.Name).DownloadStream(ctx, opts)
		return err
	})
	if err == nil && r.ErrorCode != nil && *r.ErrorCode == string(bloberror.ConditionNotMet) { // 304, which the SDK takes for success
		err = files.ErrNotModified
	}
	if err != nil {
		if r.Body != nil {
			r.Body.Close()
		}
		return driver.Object{}, err
	}
	size, ok := wholeSize(r)
	if !ok {
		r.Body.Close()
		return driver.Object{}, files.Errorf(files.ErrUnavailable, "the service's answer tells no size")
	}
	o.Info = downloaded(r, size)
	o.Offset, o.Length = req.Range.Resolve(size)
	o.Body = &body{b: b, ctx: ctx, r: r.Body}
	if got := value(r.ContentLength); got != o.Length {
		o.Body.Close()
		return driver.Object{}, files.Errorf(files.ErrUnavailable, "the service sends %d bytes of %d", got, o.Length)
	}
	return o, nil
}

// wholeSize is the size of the whole file in an answer, which may be of a part.
func wholeSize(r blob.DownloadStreamResponse) (int64, bool) {
	if r.ContentRange == nil {
		return value(r.ContentLength), r.ContentLength != nil
	}
	_, total, _ := strings.Cut(*r.ContentRange, "/")
	size, err := strconv.ParseInt(total, 10, 64)
	return size, err == nil && size >= 0
}

// readConditions are those of a read, or nil.
func readConditions(is, not files.Version) *blob.AccessConditions {
	if is == "" && not == "" {
		return nil
	}
	m := &blob.ModifiedAccessConditions{}
	if is != "" {
		m.IfMatch = etag(is)
	}
	if not != "" {
		m.IfNoneMatch = etag(not)
	}
	return &blob.AccessConditions{ModifiedAccessConditions: m}
}

// Stat asks for the properties.
func (b *backend) Stat(ctx context.Context, key driver.Key) (files.Info, error) {
	return b.statIf(ctx, driver.OpenRequest{Key: key})
}

func (b *backend) statIf(ctx context.Context, req driver.OpenRequest) (files.Info, error) {
	if missing(req.Key) {
		return files.Info{}, files.ErrNotExist
	}
	r, err := b.properties(ctx, req.Key.Name, readConditions(req.IfVersion, req.IfNotVersion))
	if err != nil {
		return files.Info{}, err
	}
	return properties(r), nil
}

func (b *backend) properties(ctx context.Context, key string, cond *blob.AccessConditions) (r blob.GetPropertiesResponse, err error) {
	err = b.do(ctx, opRead, func(ctx context.Context) (err error) {
		r, err = b.blob(key).GetProperties(ctx, &blob.GetPropertiesOptions{AccessConditions: cond})
		return err
	})
	return r, err
}

// body maps what breaks it.
type body struct {
	b   *backend
	ctx context.Context
	r   io.ReadCloser
}

func (r *body) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	if err != nil && err != io.EOF {
		err = r.b.fault(r.ctx, opRead, err)
	}
	return n, err
}

// Close may be called during a Read, which it ends: net/http's bodies do.
func (r *body) Close() error { return r.r.Close() }
