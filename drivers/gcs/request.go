package gcs

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"cloudfiles.dev/drivers/internal/bounds"
	"cloudfiles.dev/drivers/internal/connect"
	"golang.org/x/oauth2"
)

// call is one request.
type call struct {
	op      op
	asked   asked
	method  string
	url     *url.URL
	query   url.Values
	header  http.Header
	payload *payload
	sent    *requestBody // of the try that is under way
	tried   bool
	// last says that the request commits something: a response that is lost leaves the
	// outcome open.
	last bool
}

// resource is the URL of an object's resource in the JSON API, or, for "", that of the
// collection; of more objects than one for a copy.
func (b *backend) resource(name string) *url.URL {
	u := &url.URL{Scheme: b.scheme, Host: b.host, Path: b.base + "/storage/v1/b/" + b.bucket + "/o"}
	if name != "" {
		u.RawPath = b.rawBase + "/storage/v1/b/" + url.PathEscape(b.bucket) + "/o/" +
			url.PathEscape(name)
		u.Path += "/" + name
	}
	return u
}

// content is the URL of an object in the XML API.
func (b *backend) content(name string) *url.URL {
	return &url.URL{
		Scheme:  b.scheme,
		Host:    b.host,
		Path:    b.base + "/" + b.bucket + "/" + name,
		RawPath: b.rawBase + "/" + url.PathEscape(b.bucket) + "/" + url.PathEscape(name),
	}
}

// uploads is the URL that takes new objects.
func (b *backend) uploads() *url.URL {
	return &url.URL{
		Scheme: b.scheme,
		Host:   b.host,
		Path:   b.base + "/upload/storage/v1/b/" + b.bucket + "/o",
	}
}

// end ends what send began to send: when the response was read, for a transport that
// can't send all of a body closes the connection.
func (c *call) end() {
	for b := c.sent; b != nil; b = b.prev {
		b.end()
	}
}

// send makes one request, and returns the response whatever its status is. If the call
// has a payload, the caller must end it.
func (b *backend) send(ctx context.Context, c *call) (*http.Response, error) {
	if c.op == opCopy {
		ctx = connect.Slow(ctx)
	}
	if b.tokens == nil {
		return b.sendOnce(ctx, c)
	}
	since := b.tokens.since()
	resp, err := b.sendOnce(ctx, c)
	switch {
	case err != nil && isRefusedToken(err):
		if !b.tokens.renew(ctx, since, true) {
			return nil, err
		}
	case err != nil || resp.StatusCode != http.StatusUnauthorized ||
		!b.tokens.renew(ctx, since, false):
		return resp, err
	default:
		resp.Body.Close()
	}
	return b.sendOnce(ctx, c)
}

// isRefusedToken reports that whoever gives tokens has refused one, for a key that was
// deleted, for example.
func isRefusedToken(err error) bool {
	token, ok := errors.AsType[*oauth2.RetrieveError](err)
	return ok && token.Response != nil && token.Response.StatusCode >= 400 &&
		token.Response.StatusCode < 500
}

func (b *backend) sendOnce(ctx context.Context, c *call) (*http.Response, error) {
	if c.tried { // a transport may still read what it was given
		again := *c.url
		c.url, c.header = &again, c.header.Clone()
	}
	c.tried = true
	if len(c.query) > 0 {
		c.url.RawQuery = c.query.Encode()
	}
	if c.header == nil {
		c.header = make(http.Header, 2)
	}
	req := &http.Request{
		Method:     c.method,
		URL:        c.url,
		Host:       c.url.Host,
		Header:     c.header,
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
	}
	req.Header["User-Agent"] = userAgent
	if b.project != "" {
		req.Header["X-Goog-User-Project"] = []string{b.project}
	}
	if c.payload != nil {
		before := c.sent
		c.sent = c.payload.body()
		c.sent.prev = before // of the same request, before the credentials were read again
		req.Body, req.ContentLength = c.sent, c.payload.size()
		// called in Do, where a connection turned out to be closed
		req.GetBody = func() (io.ReadCloser, error) {
			again := c.payload.body()
			again.prev, c.sent = c.sent, again
			return again, nil
		}
	}
	resp, err := b.hc.Do(req.WithContext(ctx))
	if err != nil {
		return nil, b.transportError(ctx, c, err)
	}
	if from := resp.Request; from != nil && from.URL != nil && !b.here(from.URL) {
		resp.Body.Close() // a transport that follows redirects by itself
		return nil, c.badResponse(resp, errAway.Error())
	}
	return resp, nil
}

// here reports whether a URL is at the bucket's endpoint: nothing is sent or believed
// elsewhere.
func (b *backend) here(u *url.URL) bool { return u.Scheme == b.scheme && u.Host == b.host }

var userAgent = []string{"cloudfiles-gcs"}

// do makes one request and reads the response, of a success, into out, unless that is
// nil.
func (b *backend) do(ctx context.Context, c *call, out document) error {
	defer c.end()
	resp, err := b.send(ctx, c)
	if err != nil {
		return err
	}
	return b.take(ctx, c, resp, out)
}

// take reads a response.
func (b *backend) take(ctx context.Context, c *call, resp *http.Response, out document) error {
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return b.statusError(ctx, c, resp)
	}
	limit := int64(maxDrain)
	if out != nil {
		limit = out.limit()
	}
	content, err := bounds.ReadAll(resp.Body, limit)
	switch {
	case err == bounds.ErrTooLong:
		return c.badResponse(resp, "it is longer than "+strconv.FormatInt(limit/kib, 10)+" KiB")
	case err != nil:
		return b.transportError(ctx, c, err)
	}
	if err = c.readDocument(resp, content, out); err == io.ErrUnexpectedEOF {
		return b.transportError(ctx, c, err)
	}
	return err
}

// drain reads what is left of an unwanted body, if it is short.
func drain(r io.Reader) { io.CopyN(io.Discard, r, maxDrain) }

// withRetry repeats the request by the policy.
func (b *backend) withRetry(ctx context.Context, c *call, out document) error {
	return b.retry.Do(ctx, func(ctx context.Context, _ int) error { return b.do(ctx, c, out) })
}
