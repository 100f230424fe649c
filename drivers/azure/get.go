package azure

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"

	"cloudfiles.dev/drivers/internal/etag"
	"cloudfiles.dev/drivers/internal/span"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
)

// Open requests the content, whose response has the whole Info. The service has no suffix
// ranges, so the last bytes of a file, and a range that may be empty, need the properties
// too.
func (b *backend) Open(ctx context.Context, req driver.OpenRequest) (driver.Object, error) {
	if missing(req.Key) {
		return driver.Object{}, files.ErrNotExist
	}
	if err := usable(req.IfVersion); err != nil {
		return driver.Object{}, err
	}
	off, n, last := req.Range.Parts()
	if last || n == 0 {
		o, empty, err := b.openEmpty(ctx, req)
		if err != nil || empty {
			return o, err
		}
		// The resolved range is valid only for this version. A weak version can't be a
		// condition, but then the response's own size has to fit.
		if req.IfNotVersion = ""; !etag.Weak(o.Info.Version) {
			req.IfVersion = o.Info.Version
		}
		o, err = b.download(ctx, req, o.Offset, o.Length)
		switch {
		case errors.Is(err, files.ErrPrecondition), errors.Is(err, errRange):
			err = driver.WithCause(files.ErrChanged, err,
				"the file was replaced while it was opened")
		}
		return o, err
	}
	o, err := b.download(ctx, req, off, n)
	for try := 0; errors.Is(err, errRange); try++ {
		var empty bool
		if o, empty, err = b.openEmpty(ctx, req); err != nil || empty {
			return o, err
		}
		if try == maxRangeTries {
			return driver.Object{}, driver.Errorf(files.ErrUnavailable,
				"the service repeatedly refuses a range that the file has")
		}
		o, err = b.download(ctx, req, off, n) // a longer file has replaced it meanwhile
	}
	return o, err
}

// maxRangeTries limits the attempts to read a range of a file that grows each time
// after the range was refused.
const maxRangeTries = 2

// errRange is the response to a range that has no bytes. It isn't returned to the caller.
var errRange = errors.New("the range has no bytes")

// openEmpty resolves a range that should have no bytes.
func (b *backend) openEmpty(ctx context.Context, req driver.OpenRequest) (
	o driver.Object, empty bool, err error,
) {
	if o.Info, err = b.statIf(ctx, req); err != nil {
		return o, false, err
	}
	o.Offset, o.Length = req.Range.Resolve(o.Info.Size)
	return o, o.Length == 0, nil
}

// identity keeps the transport from decompressing content that is stored compressed (P7).
var identity = http.Header{"Accept-Encoding": {"identity"}}

// download requests n bytes from off, or all bytes from off if n is math.MaxInt64.
func (b *backend) download(ctx context.Context, req driver.OpenRequest, off, n int64) (
	driver.Object, error,
) {
	var opts *blob.DownloadStreamOptions
	cond := accessConditions(req.IfVersion, req.IfNotVersion)
	if cond != nil || off > 0 || n < math.MaxInt64 {
		opts = &blob.DownloadStreamOptions{
			AccessConditions: cond,
			Range:            blob.HTTPRange{Offset: off},
		}
		if n < math.MaxInt64 {
			opts.Range.Count = n
		}
	}
	var r blob.DownloadStreamResponse
	err := b.withRetry(ctx, opGet.with(req), func(ctx context.Context) (err error) {
		if !b.ownClient {
			ctx = policy.WithHTTPHeader(ctx, identity)
		}
		if r, err = b.blob(req.Key.Name).DownloadStream(ctx, opts); err != nil {
			return err
		}
		if r.ErrorCode != nil { // 304, which the SDK returns as a success
			return &badResponse{status: http.StatusNotModified, code: *r.ErrorCode}
		}
		return nil
	})
	if err == nil {
		err = etag.Compare(req.IfVersion, req.IfNotVersion, version(r.ETag))
	}
	if err != nil {
		if r.Body != nil {
			r.Body.Close()
		}
		return driver.Object{}, err
	}
	return b.content(ctx, req, r)
}

// content compares what a response says about its content with what was requested.
func (b *backend) content(ctx context.Context, req driver.OpenRequest,
	r blob.DownloadStreamResponse,
) (driver.Object, error) {
	body := &body{b: b, ctx: ctx, r: r.Body}
	refuse := func(format string, args ...any) (driver.Object, error) {
		body.Close()
		return driver.Object{}, driver.Errorf(files.ErrUnavailable, format, args...)
	}
	size, first, length := value(r.ContentLength), int64(0), value(r.ContentLength)
	switch {
	case r.ContentRange == nil && r.ContentLength == nil:
		return refuse("the service's response has no size")
	case r.ContentRange != nil:
		part, ok := span.Parse(*r.ContentRange)
		if !ok || part.Size < 0 {
			if r.ContentLength != nil && length == 0 { // an empty file's, as "bytes 0--1/0"
				body.Close()
				return driver.Object{}, errRange
			}
			return refuse("the response's Content-Range can't be read")
		}
		if r.ContentLength != nil && length != part.Len() {
			return refuse("the response's Content-Range has %d bytes, and its length is %d",
				part.Len(), length)
		}
		first, length, size = part.First, part.Len(), part.Size
	}
	o := driver.Object{Info: downloaded(r, size), Body: body}
	body.left = length
	var fits bool
	o.Offset, o.Length, o.Before, fits = span.Fit(req.Range, first, length, size)
	if !fits {
		return refuse("the response has another range than was requested")
	}
	return o, nil
}

// with returns the operation with the conditions of a read.
func (o op) with(req driver.OpenRequest) op {
	if req.IfVersion != "" {
		o |= ifMatch
	}
	if req.IfNotVersion != "" {
		o |= ifNone
	}
	return o
}

// accessConditions are the conditions of a request, or nil.
func accessConditions(is, not files.Version) *blob.AccessConditions {
	if is == "" && not == "" {
		return nil
	}
	m := &blob.ModifiedAccessConditions{}
	if is != "" {
		m.IfMatch = etagOf(is)
	}
	if not != "" {
		m.IfNoneMatch = etagOf(not)
	}
	return &blob.AccessConditions{ModifiedAccessConditions: m}
}

// Stat requests the properties.
func (b *backend) Stat(ctx context.Context, key driver.Key) (files.Info, error) {
	return b.statIf(ctx, driver.OpenRequest{Key: key})
}

func (b *backend) statIf(ctx context.Context, req driver.OpenRequest) (files.Info, error) {
	if missing(req.Key) {
		return files.Info{}, files.ErrNotExist
	}
	var r blob.GetPropertiesResponse
	opts := &blob.GetPropertiesOptions{
		AccessConditions: accessConditions(req.IfVersion, req.IfNotVersion),
	}
	err := b.withRetry(ctx, opStat.with(req), func(ctx context.Context) (err error) {
		r, err = b.blob(req.Key.Name).GetProperties(ctx, opts)
		return err
	})
	if err == nil {
		err = etag.Compare(req.IfVersion, req.IfNotVersion, version(r.ETag))
	}
	if err != nil {
		return files.Info{}, err
	}
	return properties(r), nil
}

// body maps the errors of reading the content, so that package driver resumes a broken
// connection (G5). Closing net/http's body during a Read
// closes the connection, which ends the Read.
type body struct {
	b    *backend
	ctx  context.Context
	r    io.ReadCloser
	left int64 // bytes that are still to come
}

func (r *body) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	r.left -= int64(n)
	switch {
	case err == io.EOF && r.left > 0:
		err = driver.Errorf(files.ErrUnavailable, "the body ended %d bytes early", r.left)
	case err != nil && err != io.EOF:
		err = r.b.mapError(r.ctx, opGet, err)
	}
	return n, err
}

func (r *body) Close() error { return r.r.Close() }
