package gcs

import (
	"context"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Stat asks for the object's resource, whose answer tells a missing bucket from a missing object.
func (b *backend) Stat(ctx context.Context, key driver.Key) (files.Info, error) {
	var o object
	c := &call{op: opRead, method: "GET", url: b.resource(key.Name), query: url.Values{"fields": {objectFields}}}
	if err := b.retried(ctx, c, &o); err != nil {
		return files.Info{}, err
	}
	return o.info(), nil
}

// maxRaces is how often a file may be replaced while its end is looked for.
const maxRaces = 5

// Open asks the XML API, whose headers tell the metadata too. A range behind the end, of which the
// service only says that it isn't there, and one of no bytes ask for the resource instead.
func (b *backend) Open(ctx context.Context, req driver.OpenRequest) (driver.Object, error) {
	header, some := rangeHeader(req.Range)
	for range maxRaces {
		if some {
			o, satisfied, err := b.openBody(ctx, req, header)
			if err != nil || satisfied {
				return o, err
			}
		}
		info, err := b.Stat(ctx, req.Key)
		if err != nil {
			return driver.Object{}, err
		}
		if err := checkVersion(req, info.Version); err != nil {
			return driver.Object{}, err
		}
		o := driver.Object{Info: info}
		if o.Offset, o.Length = req.Range.Resolve(info.Size); o.Length == 0 {
			return o, nil
		}
		some = true // it has grown
	}
	return driver.Object{}, files.WithCause(files.ErrChanged, nil, "the file was replaced again and again while it was opened")
}

// rangeHeader makes the header Range, "" for the whole; some is false for a range that has no bytes
// in any file.
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

// openBody makes the request; satisfied is false where the range has no bytes in this file.
func (b *backend) openBody(ctx context.Context, req driver.OpenRequest, rng string) (o driver.Object, satisfied bool, err error) {
	c := &call{op: opRead, method: "GET", url: b.content(req.Key.Name), header: http.Header{"Accept-Encoding": {"gzip"}}} // never decompressed on the way
	if rng != "" {
		c.header["Range"] = []string{rng}
	}
	if req.IfVersion != "" {
		g, ok := generation(req.IfVersion)
		if !ok {
			return o, false, files.WithCause(files.ErrPrecondition, nil, "no file is of such a version")
		}
		c.header["X-Goog-If-Generation-Match"] = []string{g}
	}
	err = b.retry.Do(ctx, func(_ context.Context, _ int) error { // the body lives on with ctx
		resp, err := b.send(ctx, c)
		if err != nil {
			return err
		}
		switch resp.StatusCode {
		case http.StatusOK, http.StatusPartialContent:
		case http.StatusRequestedRangeNotSatisfiable:
			dropBody(resp)
			return nil
		default:
			return b.statusFault(c, resp)
		}
		if o, err = b.opened(ctx, req, resp); err != nil {
			dropBody(resp)
			return err
		}
		o.Body, satisfied = &content{b: b, ctx: ctx, c: c, body: resp.Body}, true
		return nil
	})
	if err != nil {
		return driver.Object{}, false, err
	}
	return o, satisfied, nil
}

// opened reads the headers of an answer with a body.
func (b *backend) opened(ctx context.Context, req driver.OpenRequest, resp *http.Response) (driver.Object, error) {
	info, ok := headerInfo(resp)
	if info.Version == "" {
		return driver.Object{}, files.Errorf(files.ErrInvalid, "the answer has no generation: is the endpoint one of Cloud Storage?")
	}
	if err := checkVersion(req, info.Version); err != nil {
		return driver.Object{}, err
	}
	if !ok {
		again, err := b.Stat(ctx, req.Key)
		if err != nil {
			return driver.Object{}, err
		}
		if again.Version != info.Version {
			return driver.Object{}, files.Errorf(files.ErrUnavailable, "the file was replaced while it was opened")
		}
		info = again
	}
	o := driver.Object{Info: info}
	o.Offset, o.Length = req.Range.Resolve(info.Size)
	whole := resp.StatusCode == http.StatusOK
	if whole {
		o.Offset, o.Length = 0, info.Size
	}
	off, n := startOf(resp), resp.ContentLength
	wantOff, want := req.Range.Resolve(info.Size)
	if n >= 0 && n != o.Length || !whole && off != o.Offset || whole && (wantOff != 0 || want != info.Size) {
		return driver.Object{}, files.Errorf(files.ErrUnavailable, "the answer is not the bytes that are stored: something on the way changes them")
	}
	return o, nil
}

// startOf is the offset that "bytes 100-199/1000" begins with, or -1.
func startOf(resp *http.Response) int64 {
	first, _, _ := strings.Cut(strings.TrimPrefix(resp.Header.Get("Content-Range"), "bytes "), "-")
	n, err := strconv.ParseInt(first, 10, 64)
	if err != nil {
		return -1
	}
	return n
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

// dropBody closes an unwanted body, and reads it first where that saves the connection.
func dropBody(resp *http.Response) {
	if resp.ContentLength >= 0 && resp.ContentLength <= maxDrain {
		drain(resp.Body)
	}
	resp.Body.Close()
}

// content is the body of a get.
type content struct {
	b    *backend
	ctx  context.Context
	c    *call
	body io.ReadCloser
}

func (r *content) Read(p []byte) (int, error) {
	n, err := r.body.Read(p)
	if err != nil && err != io.EOF {
		err = r.b.transportFault(r.ctx, r.c, err)
	}
	return n, err
}

// Close may be called during a Read, which it ends.
func (r *content) Close() error { return r.body.Close() }
