package gcs

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"cloudfiles.dev/files"
	"golang.org/x/oauth2"
	"google.golang.org/api/googleapi"
)

// op is what was asked for: the same status means different things.
type op uint8

const (
	opRead op = iota
	opList
	opPut
	opPutIfAbsent
	opDelete
	opCopy
	opCopyIfAbsent
)

// unsettled is a failure after which the request may have been carried out.
type unsettled struct{ error }

func (u *unsettled) Unwrap() error { return u.error }

// settle marks the failure of a request that may have been carried out.
func (c *call) settle(err error) error {
	if c.last {
		return &unsettled{err}
	}
	return err
}

func isUnsettled(err error) bool {
	var u *unsettled
	return errors.As(err, &u)
}

// uncertain is the failure of a commit whose answer got lost (P2).
func uncertain(err error) error {
	return files.WithCause(files.ErrUncertain, err, files.NewError("", "", err).(*files.Error).Detail)
}

// reply is an answer that refuses.
type reply struct {
	cause *googleapi.Error
	after time.Duration
}

func (r *reply) Error() string { return r.cause.Error() }
func (r *reply) Unwrap() error { return r.cause }

// RetryAfter is the delay that the service asks for (RFC 9110, section 10.2.3), or 0.
func (r *reply) RetryAfter() time.Duration { return r.after }

// transportFault maps the failure of a request that has no answer, or none to its end.
func (b *backend) transportFault(ctx context.Context, c *call, err error) error {
	sent := c.sent == nil || c.sent.whole()
	if ctx.Err() != nil {
		if err := files.ContextError(ctx); sent {
			return c.settle(err)
		}
		return files.ContextError(ctx)
	}
	var (
		token  *oauth2.RetrieveError
		record tls.RecordHeaderError
		cert   *tls.CertificateVerificationError
		dial   *net.OpError
		dns    *net.DNSError
	)
	switch {
	case errors.As(err, &token), errors.Is(err, errNoCredentials):
		return files.WithCause(files.ErrPermission, err, "there is no access token: the credentials are missing or were refused")
	case errors.As(err, &record), errors.As(err, &cert), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return files.WithCause(files.ErrInvalid, err, "the endpoint doesn't speak TLS, or its certificate isn't trusted")
	case errors.As(err, &dns) && dns.IsNotFound:
		return files.WithCause(files.ErrUnavailable, err, "the endpoint's host is not known")
	case errors.As(err, &dial) && dial.Op == "dial":
		return files.WithCause(files.ErrUnavailable, err, "the service can't be reached")
	}
	words := "the connection broke"
	if errors.Is(err, io.ErrUnexpectedEOF) {
		words = "the answer broke off"
	}
	if err = files.WithCause(files.ErrUnavailable, err, words); sent {
		return c.settle(err)
	}
	return err
}

// statusFault maps an answer that refuses, and reads its body.
func (b *backend) statusFault(c *call, resp *http.Response) error {
	content, _ := io.ReadAll(io.LimitReader(resp.Body, maxDrain))
	resp.Body.Close()
	cause := &reply{cause: &googleapi.Error{Code: resp.StatusCode}, after: retryAfter(resp.Header)}
	if e, ok := errors.AsType[*googleapi.Error](googleapi.CheckResponseWithBody(resp, content)); ok { // nil for 2xx only
		cause.cause = e
	}
	words, kind := c.classify(resp, cause.cause)
	err := error(&opaque{words, cause})
	if kind != nil {
		err = files.WithCause(kind, cause, words)
	}
	if resp.StatusCode >= 500 || resp.StatusCode == http.StatusRequestTimeout {
		return c.settle(err)
	}
	return err
}

// opaque is an error of no sentinel with words that may be shown, in place of its cause's (E1).
type opaque struct {
	words string
	cause error
}

func (o *opaque) Error() string { return o.words }
func (o *opaque) Unwrap() error { return o.cause }

// classify finds the sentinel and the words for an answer that refuses (E2).
func (c *call) classify(resp *http.Response, e *googleapi.Error) (words string, kind error) {
	status, reason := resp.StatusCode, reasonOf(e)
	words = "the service answered " + strconv.Itoa(status)
	if reason != "" {
		words += " " + reason
	}
	switch {
	case status >= 300 && status < 400 && status != http.StatusNotModified:
		return "the endpoint redirects elsewhere, which Cloud Storage doesn't: is it right?", files.ErrInvalid
	case status == http.StatusNotFound:
		return words, c.notFound(resp, e)
	case status == http.StatusPreconditionFailed:
		if c.op == opPutIfAbsent || c.op == opCopyIfAbsent {
			return "", files.ErrExist
		}
		return "", files.ErrPrecondition
	case status == http.StatusUnauthorized:
		return words + ": the credentials are missing, wrong or expired", files.ErrPermission
	case status == http.StatusForbidden && strings.HasSuffix(reason, "ateLimitExceeded"), status == http.StatusTooManyRequests, status == http.StatusRequestTimeout,
		status >= 500 && status != http.StatusNotImplemented:
		return words, files.ErrUnavailable
	case status == http.StatusForbidden:
		return words, files.ErrPermission
	case status == http.StatusRequestEntityTooLarge:
		return words, files.ErrTooLarge
	case status == http.StatusNotImplemented:
		return words, files.ErrUnsupported
	case status == http.StatusBadRequest && strings.Contains(e.Message+e.Body, "doesn't match calculated"):
		return "the service found another checksum: the content was damaged on the way", files.ErrCorrupt
	case status == http.StatusBadRequest, status == http.StatusMethodNotAllowed, status == http.StatusLengthRequired:
		return words, files.ErrInvalid
	}
	return words, nil
}

// notFound tells a missing bucket from a missing object: the JSON API by its message, the XML API by its code. What is neither's answer comes
// from elsewhere, and must not look like a file that isn't there.
func (c *call) notFound(resp *http.Response, e *googleapi.Error) error {
	text := e.Message + e.Body
	switch t := resp.Header.Get("Content-Type"); {
	case strings.Contains(text, "bucket does not exist"), strings.Contains(text, "NoSuchBucket"), c.op == opList, c.op == opPut, c.op == opPutIfAbsent:
		return files.ErrNoBucket
	case e.Message == "" && !strings.Contains(text, "NoSuchKey") && strings.Contains(t, "html"):
		return files.ErrInvalid
	}
	return files.ErrNotExist
}

// reasonOf returns the service's own word for a failure, if it is one.
func reasonOf(e *googleapi.Error) string {
	reason := ""
	if len(e.Errors) > 0 {
		reason = e.Errors[0].Reason
	} else if _, rest, ok := strings.Cut(e.Body, "<Code>"); ok {
		reason, _, _ = strings.Cut(rest, "<")
	}
	for _, c := range reason {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z') || len(reason) > 64 {
			return ""
		}
	}
	return reason
}

// retryAfter reads the header: seconds, or a date.
func retryAfter(h http.Header) time.Duration {
	v := h.Get("Retry-After")
	if n, err := strconv.Atoi(v); err == nil {
		return time.Duration(n) * time.Second
	}
	if t, err := http.ParseTime(v); err == nil {
		return time.Until(t)
	}
	return 0
}
