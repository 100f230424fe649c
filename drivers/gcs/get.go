package gcs

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"

	"cloudfiles.dev/drivers/internal/bounds"
	"cloudfiles.dev/drivers/internal/span"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Stat requests the object's resource, whose response distinguishes a missing bucket
// from a missing object.
func (b *backend) Stat(ctx context.Context, key driver.Key) (files.Info, error) {
	o := object{of: key.Name}
	c := &call{
		op:     opRead,
		method: "GET",
		url:    b.resource(key.Name),
		query:  url.Values{"fields": {objectFields}},
	}
	if err := b.withRetry(ctx, c, &o); err != nil {
		return files.Info{}, err
	}
	return o.info(), nil
}

// maxRangeTries limits the attempts to read a range of a file that grows each time
// after the range was refused.
const maxRangeTries = 3

// Open uses the XML API, whose headers have the metadata too. It requests the resource
// instead for a range of no bytes, and for a range after the end, which the service
// refuses without further information.
func (b *backend) Open(ctx context.Context, req driver.OpenRequest) (driver.Object, error) {
	header, some := rangeHeader(req.Range)
	part := req
	refused := "refuses a range that the file has"
	for range maxRangeTries {
		outcome := emptyRange
		if some {
			var o driver.Object
			var err error
			o, outcome, err = b.openBody(ctx, part, header)
			if err != nil || outcome == bodyOpen {
				return o, err
			}
		}
		info, err := b.Stat(ctx, req.Key)
		if err != nil {
			return driver.Object{}, err
		}
		if outcome == unknown404 {
			refused = "says in one API that there is no file, and in the other that there is: " +
				notGCS
			continue // it was put meanwhile, or the endpoint has no XML API
		}
		if err := checkVersion(req, info.Version); err != nil {
			return driver.Object{}, err
		}
		o := driver.Object{Info: info}
		if o.Offset, o.Length = req.Range.Resolve(info.Size); o.Length == 0 {
			return o, nil
		}
		// A longer file has replaced it meanwhile, or the server refuses a range that
		// is longer than the file.
		part.Range = files.Bytes(o.Offset, o.Length)
		header, some = rangeHeader(part.Range)
	}
	return driver.Object{}, driver.Errorf(files.ErrUnavailable, "the service repeatedly %s",
		refused)
}

// rangeHeader makes the header Range, "" for the whole file. some is false for a range
// that has no bytes in any file.
func rangeHeader(r files.Range) (header string, some bool) {
	off, n, last := r.Parts()
	switch {
	case n == 0:
		return "", false
	case last:
		return "bytes=-" + strconv.FormatInt(n, 10), true
	case n > math.MaxInt64-off && off == 0:
		return "", true
	case n > math.MaxInt64-off:
		return "bytes=" + strconv.FormatInt(off, 10) + "-", true
	case n == math.MaxInt64:
		return "", true
	}
	return "bytes=" + strconv.FormatInt(off, 10) + "-" + strconv.FormatInt(off+n-1, 10), true
}

// outcome is the outcome of a request for a body.
type outcome int

const (
	bodyOpen   outcome = iota
	emptyRange         // the range has no bytes in this file
	unknown404         // not from the service but an emulator or a proxy
)

// openBody requests the content.
func (b *backend) openBody(ctx context.Context, req driver.OpenRequest, rng string) (
	o driver.Object, got outcome, err error,
) {
	c := &call{
		op:     opRead,
		method: "GET",
		url:    b.content(req.Key.Name),
		header: http.Header{"Accept-Encoding": {"gzip"}}, // never decompressed on the way
	}
	if rng != "" {
		c.header["Range"] = []string{rng}
	}
	if req.IfVersion != "" {
		g, ok := generation(req.IfVersion)
		if !ok {
			return o, bodyOpen, driver.WithCause(files.ErrPrecondition, nil,
				"no file has such a version")
		}
		c.header["X-Goog-If-Generation-Match"] = []string{g}
		c.conds |= condVersion
	}
	err = b.retry.Do(ctx, func(_ context.Context, _ int) error { // the body lives on with ctx
		resp, err := b.send(ctx, c)
		if err != nil {
			return err
		}
		switch resp.StatusCode {
		case http.StatusOK, http.StatusPartialContent:
			o, got, err = b.readHeaders(ctx, c, req, resp)
			return err
		case http.StatusRequestedRangeNotSatisfiable:
			dropBody(resp)
			got = emptyRange
			return nil
		case http.StatusNotFound:
			content, err := bounds.ReadAll(resp.Body, maxError)
			resp.Body.Close()
			a := errorResponseOf(resp.StatusCode, content, err)
			if err == nil && !a.genuine {
				got = unknown404 // the request for the resource decides
				return nil
			}
			return c.responseError(a, resp, content, err)
		}
		if resp.StatusCode < 300 {
			resp.Body.Close()
			return c.badResponse(resp, "no status of an object")
		}
		return b.statusError(ctx, c, resp)
	})
	if err != nil || got != bodyOpen {
		return driver.Object{}, got, err
	}
	return o, bodyOpen, nil
}

// readHeaders reads the headers of a response with a body. It closes the body if it isn't
// the object's.
func (b *backend) readHeaders(
	ctx context.Context, c *call, req driver.OpenRequest, resp *http.Response,
) (o driver.Object, got outcome, err error) {
	defer func() {
		if err != nil || got != bodyOpen {
			dropBody(resp)
		}
	}()
	info, ok := headerInfo(resp)
	if info.Version == "" {
		return o, bodyOpen, c.notAnObject(resp)
	}
	if err := checkVersion(req, info.Version); err != nil {
		return o, bodyOpen, err
	}
	if _, asStored := storedEncoding(resp.Header); !asStored {
		return o, bodyOpen, driver.Errorf(files.ErrUnavailable,
			"the response is not the bytes that are stored: something on the way compresses or "+
				"decompresses them")
	}
	off, n, err := extent(c, resp, info.Size)
	if err == errEmptyRange {
		return o, emptyRange, nil
	}
	if err != nil {
		return o, bodyOpen, err
	}
	wantOff, want, before, fits := span.Fit(req.Range, off, n, info.Size)
	if !fits {
		return o, bodyOpen, driver.Errorf(files.ErrUnavailable,
			"the response is another part of the file than was requested")
	}
	if !ok {
		again, err := b.Stat(ctx, req.Key)
		if err != nil {
			return o, bodyOpen, err
		}
		if again.Version != info.Version {
			return o, bodyOpen, driver.Errorf(files.ErrUnavailable,
				"the file was replaced while it was opened")
		}
		info = again
	}
	body := &body{
		b:      b,
		ctx:    ctx,
		c:      c,
		body:   resp.Body,
		left:   n,
		framed: resp.ContentLength >= 0,
	}
	return driver.Object{
		Info:   info,
		Offset: wantOff,
		Length: want,
		Before: before,
		Body:   body,
	}, bodyOpen, nil
}

// notAnObject is the error for a success without a generation.
func (c *call) notAnObject(resp *http.Response) error {
	text, err := bounds.ReadAll(resp.Body, maxDrain)
	if err == nil {
		if _, reason, message, ok := errorOf(text); ok {
			a := response{
				status:  resp.StatusCode,
				reason:  reason,
				message: message,
				genuine: true,
			}
			return c.responseError(a, resp, text, nil)
		}
	}
	return c.badResponse(resp, "without a generation")
}

// errEmptyRange is the error for a range of an empty file, which some servers answer with
// "bytes 0--1/0".
var errEmptyRange = errors.New("the range has no bytes")

// extent returns which part of the object the response's body is. size is the object's
// size in bytes, or -1.
func extent(c *call, resp *http.Response, size int64) (off, n int64, err error) {
	bad := func(why string) (int64, int64, error) {
		return 0, 0, driver.Errorf(files.ErrUnavailable, "the response %s", why)
	}
	contentRange := resp.Header.Get("Content-Range")
	switch {
	case resp.StatusCode == http.StatusPartialContent && contentRange == "":
		return 0, 0, c.badResponse(resp, "a part without a Content-Range")
	case resp.StatusCode == http.StatusPartialContent:
		part, ok := span.Parse(contentRange)
		switch {
		case !ok && resp.ContentLength == 0 && size == 0:
			return 0, 0, errEmptyRange
		case !ok:
			return bad("has an invalid Content-Range")
		case size < 0, part.Size >= 0 && part.Size != size, part.Last >= size:
			return bad("has a Content-Range that its size contradicts")
		}
		off, n = part.First, part.Len()
	case size < 0:
		return 0, 0, c.badResponse(resp, "without a length")
	default:
		n = size
	}
	if resp.ContentLength >= 0 && resp.ContentLength != n {
		return bad("is not the bytes that are stored: something on the way changes them")
	}
	return off, n, nil
}

func checkVersion(req driver.OpenRequest, v files.Version) error {
	switch {
	case req.IfVersion != "" && req.IfVersion != v:
		return files.ErrPrecondition
	case req.IfNotVersion != "" && req.IfNotVersion == v:
		return files.ErrNotModified
	}
	return nil
}

// dropBody closes an unwanted body. It reads a short body first, so that the connection
// can be used again.
func dropBody(resp *http.Response) {
	if resp.ContentLength >= 0 && resp.ContentLength <= maxDrain {
		drain(resp.Body)
	}
	resp.Body.Close()
}

// body is the body of a get. It reports a broken connection so that package driver
// resumes it (G5).
type body struct {
	b    *backend
	ctx  context.Context
	c    *call
	body io.ReadCloser
	left int64 // bytes that are still to come
	// framed is true if the response has a length, which a gzip'd object may lack.
	framed bool
}

func (r *body) Read(p []byte) (int, error) {
	n, err := r.body.Read(p)
	r.left -= int64(n)
	if r.left == 0 && err == nil && n > 0 && !r.framed {
		var more [1]byte
		m, _ := r.body.Read(more[:])
		r.left -= int64(m)
	}
	switch {
	case r.left < 0:
		r.left += int64(n)
		return 0, driver.Errorf(files.ErrUnavailable,
			"the body is longer than the response's headers say")
	case err == io.EOF && r.left > 0:
		return n, driver.Errorf(files.ErrUnavailable, "the body ended %d bytes early", r.left)
	case err != nil && err != io.EOF:
		err = r.b.transportError(r.ctx, r.c, err)
	}
	return n, err
}

// Close may be called during a Read, which it ends.
func (r *body) Close() error { return r.body.Close() }
