package gcs

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"cloudfiles.dev/drivers/internal/bounds"
	"cloudfiles.dev/drivers/internal/causes"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// An upload part by part is a resumable session:
// https://cloud.google.com/storage/docs/performing-resumable-uploads. The first request
// begins it, each part is one more request, and the last one, which has the whole size,
// commits.

// session is an upload part by part.
type session struct {
	u    *upload
	url  *url.URL
	gone bool // the service has dropped it
}

// maxSessions is how many sessions one Put begins if the service drops them before the
// first part.
const maxSessions = 3

// sendParts sends content that is longer than a part. The first part has been read.
func (u *upload) sendParts(
	ctx context.Context, parts *driver.Parts, first *driver.Part,
) (*object, error) {
	var s *session
	for n := 1; ; n++ {
		var err error
		if s, err = u.begin(ctx); err != nil {
			first.Release()
			return nil, err
		}
		if _, err = s.send(ctx, first); err == nil {
			break
		}
		s.abort(ctx)
		if !s.gone || n == maxSessions || ctx.Err() != nil {
			first.Release()
			return nil, err
		}
	}
	first.Release()
	o, err := s.run(ctx, parts)
	if err != nil {
		s.abort(ctx)
		return nil, err
	}
	return o, u.verify(o)
}

// begin begins the session.
func (u *upload) begin(ctx context.Context) (*session, error) {
	text, err := newResource(u.req.Attributes, u.writeID, u.native).encode()
	if err != nil {
		return nil, err
	}
	u.query.Set("uploadType", "resumable")
	c := &call{
		op:      opPut,
		conds:   u.conds,
		method:  "POST",
		url:     u.b.uploads(),
		query:   u.query,
		payload: &payload{before: string(text)},
		header: http.Header{
			"Content-Type":          {"application/json; charset=UTF-8"},
			"X-Upload-Content-Type": {"application/octet-stream"},
		},
	}
	if t := u.req.Attributes.ContentType; headerValue(t) {
		c.header.Set("X-Upload-Content-Type", t)
	}
	if u.req.SizeDeclared {
		c.header.Set("X-Upload-Content-Length", strconv.FormatInt(u.req.Size, 10))
	}
	s := &session{u: u}
	err = u.b.retry.Do(ctx, func(ctx context.Context, _ int) error {
		defer c.end()
		resp, err := u.b.send(ctx, c)
		if err != nil {
			return err
		}
		return s.begun(ctx, c, resp)
	})
	return s, err
}

// begun reads the response to the first request. Its Location must be at the endpoint's
// own host, since that URL receives the content and the credentials.
func (s *session) begun(ctx context.Context, c *call, resp *http.Response) error {
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return s.u.b.statusError(ctx, c, resp)
	}
	content, err := bounds.ReadAll(resp.Body, maxDrain)
	resp.Body.Close()
	if err != nil && err != bounds.ErrTooLong {
		return s.u.b.transportError(ctx, c, err)
	}
	if code, reason, message, ok := errorOf(content); ok {
		a := response{
			status:  max(code, resp.StatusCode),
			reason:  reason,
			message: message,
			genuine: true,
		}
		return c.responseError(a, resp, content, nil)
	}
	location, err := url.Parse(resp.Header.Get("Location"))
	switch {
	case err != nil || location.Host == "":
		return c.badResponse(resp, "without an upload's session")
	case !s.u.b.here(location) || location.User != nil: // it would be sent as credentials
		return c.badResponse(resp, "with an upload's session on another host")
	}
	s.url = location
	return nil
}

// run sends the parts after the first.
func (s *session) run(ctx context.Context, parts *driver.Parts) (*object, error) {
	for {
		part, err := parts.Next(ctx)
		if err != nil {
			return nil, err
		}
		o, err := s.send(ctx, part)
		part.Release()
		if o != nil || err != nil {
			return o, err
		}
	}
}

// send sends one part. If a response is lost, the part is sent again, and the service
// ignores what it already has. If the service keeps only the beginning of a part, the
// rest is sent again. The result is nil, except for the last part.
func (s *session) send(ctx context.Context, part *driver.Part) (o *object, err error) {
	kept, past := int64(0), past{}
	for n := int64(0); o == nil && kept < part.Size; n++ {
		if n > part.Size/partUnit+1 { // the service keeps a multiple of partUnit
			return nil, driver.Errorf(files.ErrUnavailable,
				"the service repeatedly stores too little of a part")
		}
		var lost error
		err = s.u.b.retry.Do(ctx, func(ctx context.Context, _ int) error {
			n, done, err := s.try(ctx, part, kept)
			err = past.saw(err)
			switch {
			case s.gone:
				lost = err
				return nil
			case err != nil:
				return err
			}
			if o = done; o == nil {
				kept = min(n-part.Offset, part.Size)
			}
			return nil
		})
		if err == nil {
			err = lost
		}
		if err != nil {
			return s.u.outcome(ctx, err, past)
		}
	}
	return o, nil
}

// try makes one request, which sends the part beginning at byte from. It returns how many
// bytes of the whole content the service has, or, at the end, the object.
func (s *session) try(ctx context.Context, part *driver.Part, from int64) (
	kept int64, done *object, err error,
) {
	b, off, end := s.u.b, part.Offset+from, part.Offset+part.Size
	u := *s.url
	c := &call{
		op:      opPut,
		conds:   s.u.conds,
		method:  "PUT",
		url:     &u,
		payload: &payload{part: part, from: from},
		last:    part.Last,
		header:  http.Header{},
	}
	defer c.end()
	total := "*"
	if part.Last {
		total = strconv.FormatInt(end, 10)
		c.header.Set("X-Goog-Hash", "crc32c="+toBase64(s.u.req.Content.Digest().CRC32C))
	}
	c.header.Set("Content-Range",
		"bytes "+strconv.FormatInt(off, 10)+"-"+strconv.FormatInt(end-1, 10)+"/"+total)
	resp, err := b.send(ctx, c)
	if err != nil {
		return 0, nil, err
	}
	switch resp.StatusCode {
	case http.StatusPermanentRedirect: // here this status means: continue
	case http.StatusNotFound, http.StatusGone:
		s.gone = true
		return 0, nil, s.lostError(ctx, c, resp)
	default:
		done = &object{of: s.u.req.Name}
		if err := b.take(ctx, c, resp, done); err != nil {
			return 0, nil, err
		}
		if !part.Last {
			return 0, nil, c.badResponse(resp, "an object before all of it was sent")
		}
		return end, done, nil
	}
	drain(resp.Body)
	resp.Body.Close()
	kept, err = keptOf(resp.Header.Get("Range"))
	if err != nil || kept <= off || kept > end || part.Last && kept == end {
		return 0, nil, driver.Errorf(files.ErrUnavailable,
			"the service did not store what it was sent")
	}
	return kept, nil, nil
}

// lostError is the error for a session that the service has dropped. It reports nothing
// about the file or the bucket, so a Put may begin again.
func (s *session) lostError(ctx context.Context, c *call, resp *http.Response) error {
	err := s.u.b.statusError(ctx, c, resp)
	if files.KindOf(err) == files.ErrUnavailable {
		return err
	}
	return driver.WithCause(files.ErrUnavailable, causes.WithoutKind(err),
		"the service has dropped the upload")
}

// keptOf returns 524288 for "bytes=0-524287".
func keptOf(header string) (int64, error) {
	_, last, _ := strings.Cut(header, "-")
	n, err := strconv.ParseInt(last, 10, 64)
	return n + 1, err
}

// abort aborts the session, even if the context has ended.
func (s *session) abort(ctx context.Context) {
	u := *s.url
	c := &call{
		op:     opDelete,
		method: "DELETE",
		url:    &u,
		header: http.Header{},
	}
	driver.Undo(ctx, func(ctx context.Context) {
		if resp, err := s.u.b.send(ctx, c); err == nil {
			drain(resp.Body)
			resp.Body.Close()
		}
	})
}
