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
	conds   conditions
	method  string
	url     *url.URL
	query   url.Values
	header  http.Header
	payload *payload
	sent    *requestBody // of the current attempt
	tried   bool
	// last is true if the request commits something: if its response is lost, the
	// outcome is open.
	last bool
}

// resource is the URL of an object's resource in the JSON API, or, for "", of the
// bucket's collection of objects.
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

// end ends the bodies that send began to send. It is called after the response was read,
// because a transport that can't send a whole body closes the connection.
func (c *call) end() {
	for b := c.sent; b != nil; b = b.prev {
		b.end()
	}
}

// send makes one request, and returns the response with any status. If the call has a
// payload, the caller must call end.
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

// isRefusedToken reports whether the token server has refused a token, for example
// because the key was deleted.
func isRefusedToken(err error) bool {
	token, ok := errors.AsType[*oauth2.RetrieveError](err)
	return ok && token.Response != nil && token.Response.StatusCode >= 400 &&
		token.Response.StatusCode < 500
}

func (b *backend) sendOnce(ctx context.Context, c *call) (*http.Response, error) {
	if c.tried { // a transport may still read the previous ones
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
		c.sent.prev = before // from before the credentials were read again
		req.Body, req.ContentLength = c.sent, c.payload.size()
		// Do calls it if a connection turns out to be closed.
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
		resp.Body.Close() // the transport followed a redirect
		return nil, c.badResponse(resp, errAway.Error())
	}
	return resp, nil
}

// here reports whether a URL is at the bucket's endpoint. Nothing is sent to another,
// and no response from another is used.
func (b *backend) here(u *url.URL) bool { return u.Scheme == b.scheme && u.Host == b.host }

var userAgent = []string{"cloudfiles-gcs"}

// do makes one request and reads the response of a success into out, unless out is nil.
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

// drain reads the rest of an unwanted body, if it is short.
func drain(r io.Reader) { io.CopyN(io.Discard, r, maxDrain) }

// withRetry makes the request under the retry policy.
func (b *backend) withRetry(ctx context.Context, c *call, out document) error {
	return b.retry.Do(ctx, func(ctx context.Context, _ int) error { return b.do(ctx, c, out) })
}
