package gcs

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// An upload in parts: https://cloud.google.com/storage/docs/performing-resumable-uploads. It begins with one request, each part is one
// more, and the last, which names the whole size, commits.

// abortTimeout bounds the wait for the end of an upload that is given up. Cloud Storage forgets one after a week in any case.
const abortTimeout = time.Second

// session is an upload in parts.
type session struct {
	u   *upload
	url *url.URL
}

// sendParts sends content that is longer than a part, of which the first one has been read.
func (u *upload) sendParts(ctx context.Context, parts *driver.Parts, first *driver.Part) (*object, error) {
	s, err := u.begin(ctx)
	if err != nil {
		first.Release()
		return nil, err
	}
	o, err := s.run(ctx, parts, first)
	if err != nil {
		s.abort(ctx)
		return nil, err
	}
	return o, u.verify(o)
}

// begin opens the session.
func (u *upload) begin(ctx context.Context) (*session, error) {
	text, err := newResource(u.req.Attributes, u.mark, u.native).encode()
	if err != nil {
		return nil, err
	}
	u.query.Set("uploadType", "resumable")
	c := &call{op: u.op, method: "POST", url: u.b.uploads(), query: u.query, payload: &payload{before: string(text)},
		header: http.Header{"Content-Type": {"application/json; charset=UTF-8"}, "X-Upload-Content-Type": {"application/octet-stream"}}}
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
		if err := u.b.take(ctx, c, resp, nil); err != nil {
			return err
		}
		if s.url, err = url.Parse(resp.Header.Get("Location")); err != nil || s.url.Host == "" {
			return files.Errorf(files.ErrInvalid, "the answer has no upload session: is the endpoint one of Cloud Storage?")
		}
		return nil
	})
	return s, err
}

// run sends the parts.
func (s *session) run(ctx context.Context, parts *driver.Parts, part *driver.Part) (*object, error) {
	for {
		o, err := s.send(ctx, part)
		part.Release()
		if o != nil || err != nil {
			return o, err
		}
		if part, err = parts.Next(ctx); err != nil {
			return nil, err
		}
	}
}

// send sends one part. What is sent again, because an answer got lost, the service passes over as far as it has it; what it has
// not kept of a part it is sent again. The result is nil but for the last part.
func (s *session) send(ctx context.Context, part *driver.Part) (o *object, err error) {
	kept, open := int64(0), false
	for o == nil && kept < part.Size {
		err = s.u.b.retry.Do(ctx, func(ctx context.Context, _ int) error {
			n, done, err := s.try(ctx, part, kept)
			open = open || isUnsettled(err)
			if err != nil {
				return err
			}
			if o = done; o == nil {
				kept = min(n-part.Offset, part.Size)
			}
			return nil
		})
		if err != nil {
			if open && !settles(err) {
				err = uncertain(err)
			}
			return nil, err
		}
	}
	return o, nil
}

// try makes one request, which sends the part from that byte on. The result is how many bytes of the whole the service has, or, at the end, the object.
func (s *session) try(ctx context.Context, part *driver.Part, from int64) (kept int64, done *object, err error) {
	b, off, end := s.u.b, part.Offset+from, part.Offset+part.Size
	u := *s.url
	c := &call{op: s.u.op, method: "PUT", url: &u, payload: &payload{part: part, from: from}, last: part.Last, header: http.Header{}}
	defer c.end()
	total := "*"
	if part.Last {
		total = strconv.FormatInt(end, 10)
		c.header.Set("X-Goog-Hash", "crc32c="+toBase64(s.u.req.Content.Digest().CRC32C))
	}
	c.header.Set("Content-Range", "bytes "+strconv.FormatInt(off, 10)+"-"+strconv.FormatInt(end-1, 10)+"/"+total)
	resp, err := b.send(ctx, c)
	if err != nil {
		return 0, nil, err
	}
	if resp.StatusCode != http.StatusPermanentRedirect { // which says here: go on
		done = &object{}
		if err := b.take(ctx, c, resp, done); err != nil {
			return 0, nil, s.lost(resp, err)
		}
		return end, done, nil
	}
	drain(resp.Body)
	resp.Body.Close()
	kept, err = keptOf(resp.Header.Get("Range"))
	if err != nil || kept <= off || kept > end || part.Last && kept == end {
		return 0, nil, files.Errorf(files.ErrUnavailable, "the service has not kept what it was sent")
	}
	return kept, nil, nil
}

// lost tells a session that has ended from a missing object or bucket.
func (s *session) lost(resp *http.Response, err error) error {
	if resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusGone {
		return &opaque{"the service has given up the upload", err}
	}
	return err
}

// keptOf reads "bytes=0-524287".
func keptOf(header string) (int64, error) {
	_, last, _ := strings.Cut(header, "-")
	n, err := strconv.ParseInt(last, 10, 64)
	return n + 1, err
}

// abort gives the session up, also when the context has ended.
func (s *session) abort(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTimeout)
	defer cancel()
	u := *s.url
	if resp, err := s.u.b.send(ctx, &call{op: opDelete, method: "DELETE", url: &u, header: http.Header{}}); err == nil {
		drain(resp.Body)
		resp.Body.Close()
	}
}
