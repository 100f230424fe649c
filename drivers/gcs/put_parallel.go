package gcs

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"

	"cloudfiles.dev/drivers/internal/bounds"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/retry"
	"google.golang.org/api/googleapi"
)

// Parallel parts are an upload of the XML API:
// https://cloud.google.com/storage/docs/multipart-uploads. The first request sends the
// attributes, each part is one more request, and the last request commits.
//
// "Preconditions cannot be used in XML API multipart uploads. Attempting to do so
// results in a 400 NotImplemented error"
// (https://docs.cloud.google.com/storage/docs/request-preconditions), so a conditional
// Put is sent part by part. The same holds for attributes that no header can carry and
// for the service's own options. Composing an object of others would support
// conditions, but the others would be listed beside it, and would stay if the program
// died (P1).
//
// The documentation doesn't promise that the response to the last request has the
// generation. If it doesn't have it, the resource does, and a mark in the resource
// shows whether this Put wrote it.

const (
	// minXMLPart is the smallest size of a part other than the last.
	minXMLPart  = 5 * mib
	maxXMLParts = 10_000
)

// parallelPlan is the plan of an upload in parallel parts.
func (b *backend) parallelPlan() driver.PartPlan {
	return driver.PartPlan{
		PartSize:       b.part,
		Concurrency:    b.concurrency,
		MaxConcurrency: b.most,
		MaxParts:       maxXMLParts,
		MaxPartSize:    maxPart,
		Memory:         b.memory,
	}
}

// parallel reports whether the upload may be sent in parallel parts.
func (u *upload) parallel() bool {
	return u.b.concurrency > 1 && u.conds == 0 && u.native == nil && inHeaders(u.req.Attributes) &&
		!u.b.noXMLParts.Load()
}

// inHeaders reports whether headers carry all the attributes.
func inHeaders(a files.Attributes) bool {
	for _, v := range []string{
		a.ContentType, a.CacheControl, a.ContentDisposition, a.ContentEncoding, a.ContentLanguage,
	} {
		if !headerValue(v) {
			return false
		}
	}
	for k, v := range a.Metadata {
		if k == markKey || k == carriedKey || v == "" || !headerName(k) || !headerValue(v) {
			return false
		}
	}
	return true
}

// xmlUpload is an upload of the XML API.
type xmlUpload struct {
	u  *upload
	id string

	mu   sync.Mutex
	done []xmlPart
}

type xmlPart struct {
	Number int    `xml:"PartNumber"`
	ETag   string `xml:"ETag"`
}

// sendParallel sends content that is longer than a part. understood is false if the
// endpoint has no such uploads, as some emulators; then nothing was sent, and first can
// still be used.
func (u *upload) sendParallel(
	ctx context.Context, parts *driver.Parts, first *driver.Part,
) (o *object, understood bool, err error) {
	x := &xmlUpload{u: u}
	if err := x.begin(ctx); err != nil {
		if unknownRequest(err) {
			return nil, false, err
		}
		first.Release()
		return nil, true, err
	}
	err = parts.Send(ctx, first, x.send)
	if err == nil {
		err = driver.ContextError(ctx)
	}
	if err == nil {
		o, err = x.complete(ctx)
	}
	if err != nil {
		return nil, true, x.aborted(ctx, err)
	}
	return o, true, u.verify(o)
}

// unknownRequest reports whether the endpoint may not know the request, or may refuse
// only this kind of upload, which has a permission of its own,
// storage.multipartUploads.create, that a custom role may lack.
func unknownRequest(err error) bool {
	e, ok := errors.AsType[*googleapi.Error](err)
	if !ok {
		return false
	}
	switch e.Code {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed,
		http.StatusNotImplemented, http.StatusForbidden:
		return true
	}
	return false
}

// call makes a request of the upload.
func (x *xmlUpload) call(method string, q url.Values) *call {
	if x.id != "" {
		q.Set("uploadId", x.id)
	}
	return &call{
		op:     opPut,
		method: method,
		url:    x.u.b.content(x.u.req.Name),
		query:  q,
		header: http.Header{},
	}
}

// begin begins the upload.
func (x *xmlUpload) begin(ctx context.Context) error {
	a := x.u.req.Attributes
	c := x.call("POST", url.Values{"uploads": {""}})
	for k, v := range map[string]string{
		"Content-Type":        a.ContentType,
		"Cache-Control":       a.CacheControl,
		"Content-Disposition": a.ContentDisposition,
		"Content-Encoding":    a.ContentEncoding,
		"Content-Language":    a.ContentLanguage,
	} {
		if v != "" {
			c.header.Set(k, v)
		}
	}
	for k, v := range a.Metadata {
		c.header["X-Goog-Meta-"+k] = []string{v}
	}
	c.header["X-Goog-Meta-"+markKey] = []string{x.u.writeID}
	var unknown error
	err := x.u.b.retry.Do(ctx, func(ctx context.Context, _ int) (err error) {
		x.id, err = x.beginOnce(ctx, c)
		if unknownRequest(err) {
			unknown = err
			return nil
		}
		return err
	})
	if err == nil {
		err = unknown
	}
	return err
}

// beginOnce makes one request, and returns the upload's ID. If ctx ends before the
// response, the upload is aborted when that has come.
func (x *xmlUpload) beginOnce(ctx context.Context, c *call) (string, error) {
	return driver.Begin(ctx, func(ctx context.Context) (string, error) {
		resp, content, err := x.u.b.doXML(ctx, c)
		if err != nil {
			return "", err
		}
		var out struct {
			XMLName xml.Name
			ID      string `xml:"UploadId"`
		}
		if xml.Unmarshal(content, &out) != nil || out.ID == "" ||
			out.XMLName.Local != "InitiateMultipartUploadResult" {
			return "", c.badResponse(resp, "without an upload")
		}
		return out.ID, nil
	}, func(ctx context.Context, id string) {
		left := &xmlUpload{
			u:  x.u,
			id: id,
		}
		left.remove(ctx)
	})
}

// send sends one part, with a checksum that the service compares.
func (x *xmlUpload) send(ctx context.Context, part *driver.Part) error {
	c := x.call("PUT", url.Values{"partNumber": {strconv.Itoa(part.Number)}})
	c.header.Set("X-Goog-Hash", "crc32c="+base64Of(binary.BigEndian.AppendUint32(nil, part.CRC32C)))
	c.payload = &payload{part: part}
	return x.u.b.retry.Do(ctx, func(ctx context.Context, _ int) error {
		resp, content, err := x.u.b.doXML(ctx, c)
		if err != nil {
			return err
		}
		tag := resp.Header.Get("ETag")
		if tag == "" || len(bytes.TrimSpace(content)) > 0 {
			return c.badResponse(resp, "a part without an ETag, or with a body")
		}
		x.mu.Lock()
		defer x.mu.Unlock()
		x.done = append(x.done, xmlPart{part.Number, tag})
		return nil
	})
}

// complete makes the upload visible.
func (x *xmlUpload) complete(ctx context.Context) (o *object, err error) {
	slices.SortFunc(x.done, func(a, b xmlPart) int { return a.Number - b.Number })
	text, err := xml.Marshal(struct {
		XMLName xml.Name  `xml:"CompleteMultipartUpload"`
		Parts   []xmlPart `xml:"Part"`
	}{Parts: x.done})
	if err != nil {
		return nil, driver.WithCause(files.ErrInvalid, err, "the parts can't be encoded")
	}
	c := x.call("POST", url.Values{})
	c.header.Set("Content-Type", "application/xml")
	c.payload, c.last = &payload{before: string(text)}, true
	var past past
	err = x.u.b.retry.Do(ctx, func(ctx context.Context, _ int) error {
		resp, content, err := x.u.b.doXML(ctx, c)
		if err == nil && !isRoot(content, "CompleteMultipartUploadResult") {
			err = c.badResponse(resp, "without the end of an upload")
		}
		if err == nil {
			o = x.completed(resp)
		}
		return past.saw(err)
	})
	switch {
	case err != nil:
		return x.u.outcome(ctx, err, past)
	case o != nil:
		return o, nil
	}
	// A Put must return a version (P3). If the request for the file fails, or another
	// Put has already replaced it, this Put was stored, and its version is unknown.
	return x.u.findOwnWrite(ctx, driver.Errorf(files.ErrUnavailable,
		"the upload was stored, and its version can't be found out"))
}

// completed returns the object from the response's headers, or nil.
func (x *xmlUpload) completed(resp *http.Response) *object {
	n, err := strconv.ParseInt(resp.Header.Get("X-Goog-Generation"), 10, 64)
	if err != nil || n <= 0 {
		return nil
	}
	return &object{
		Size:       decimal{x.u.req.Content.Count(), true},
		Generation: decimal{n, true},
		CRC32C:     toBase64(headerDigest(resp.Header).CRC32C),
	}
}

// aborted aborts the upload because of err, even if the context has ended, since the
// service would keep it, and bill it, forever. It returns err, which names the upload if
// the service has refused to abort it, or has not answered yet.
func (x *xmlUpload) aborted(ctx context.Context, err error) error {
	done := make(chan error, 1)
	driver.Undo(ctx, func(ctx context.Context) { done <- x.remove(ctx) })
	select {
	case left := <-done:
		if left == nil {
			return err
		}
	default: // there is no response yet
	}
	return driver.UploadLeft(err, x.id)
}

// remove aborts the upload. It is not an error if there is none.
func (x *xmlUpload) remove(ctx context.Context) error {
	c := x.call("DELETE", url.Values{})
	err := goneOr(x.u.b.retry.Do(ctx, func(ctx context.Context, _ int) error {
		err := x.u.b.do(ctx, c, nil)
		if noUpload(err) {
			err = retry.Permanent(err)
		}
		return err
	}))
	if err == driver.ErrUploadGone {
		return nil
	}
	return err
}

// doXML makes one request of an upload and reads the response.
func (b *backend) doXML(ctx context.Context, c *call) (*http.Response, []byte, error) {
	defer c.end()
	resp, err := b.send(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		err := b.statusError(ctx, c, resp)
		if noUpload(err) {
			err = retry.Permanent(err) // no retry brings it back
		}
		return resp, nil, err
	}
	content, err := bounds.ReadAll(resp.Body, maxError)
	switch {
	case err == bounds.ErrTooLong:
		return resp, nil, c.badResponse(resp, "it is too long")
	case err != nil:
		return resp, nil, b.transportError(ctx, c, err)
	}
	if _, reason, message, ok := errorOf(content); ok {
		a := response{
			status:  resp.StatusCode,
			reason:  reason,
			message: message,
			genuine: true,
		}
		return resp, nil, c.responseError(a, resp, content, nil)
	}
	switch {
	case resp.StatusCode != http.StatusOK:
		return resp, nil, c.badResponse(resp, "no status of such a response")
	case !bounds.XML(content):
		return resp, nil, c.badResponse(resp, "with more elements than it can have")
	}
	return resp, content, nil
}

// isRoot reports whether the document is complete and has that root element.
func isRoot(content []byte, name string) bool {
	var doc struct{ XMLName xml.Name }
	return xml.Unmarshal(content, &doc) == nil && doc.XMLName.Local == name
}
