package gcs

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"cloudfiles.dev/drivers/internal/causes"
	"cloudfiles.dev/drivers/internal/connect"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"golang.org/x/oauth2"
	"google.golang.org/api/googleapi"
)

// uncertainError is a failure after which the request may have been carried out.
type uncertainError struct{ error }

func (u *uncertainError) Unwrap() error { return u.error }

// markUncertain marks the failure of a request that may have been carried out.
func (c *call) markUncertain(err error) error {
	if c.last {
		return &uncertainError{err}
	}
	return err
}

// proxyRefusal is the refusal of a request by something that isn't the service. If a
// retry then fails because of what the request itself wrote, the request was carried
// out.
type proxyRefusal struct{ error }

func (v *proxyRefusal) Unwrap() error { return v.error }

func isProxyRefusal(err error) bool {
	var v *proxyRefusal
	return errors.As(err, &v)
}

func isUncertain(err error) bool {
	var u *uncertainError
	return errors.As(err, &u)
}

// uncertain is the failure of a commit whose response was lost (P2). A retry's failed
// condition or missing file isn't the outcome of the commit, so errors.Is doesn't find
// its sentinel beside ErrUncertain.
func uncertain(err error) error {
	words := "the response to the commit was lost"
	if e, ok := errors.AsType[*files.Error](driver.NewError("", "", err)); ok && e.Detail != "" {
		words += ": " + e.Detail
	}
	switch files.KindOf(err) {
	case files.ErrExist, files.ErrPrecondition, files.ErrNotExist:
		err = causes.WithoutKind(err)
	}
	return driver.WithCause(files.ErrUncertain, err, words)
}

// responseFailure is the cause of an error that a response stands for.
type responseFailure struct {
	cause *googleapi.Error
	after time.Duration
}

func (r *responseFailure) Error() string { return r.cause.Error() }

func (r *responseFailure) Unwrap() error { return r.cause }

// RetryAfter is the delay that the service requests (RFC 9110, section 10.2.3), or 0.
func (r *responseFailure) RetryAfter() time.Duration { return r.after }

// transportError maps the failure of a request that has no response, or an incomplete
// one.
func (b *backend) transportError(ctx context.Context, c *call, err error) error {
	sent := (c.sent == nil || c.sent.whole()) && !connect.Unsent(err)
	if ctx.Err() != nil {
		if err := driver.ContextError(ctx); sent {
			return c.markUncertain(err)
		}
		return driver.ContextError(ctx)
	}
	var (
		token   *oauth2.RetrieveError
		noToken *tokenError
		dial    *net.OpError
		dns     *net.DNSError
	)
	words, kind := connect.Fault(err, address)
	switch {
	case kind == files.ErrUnavailable && sent:
		return c.markUncertain(driver.WithCause(kind, err, words))
	case kind != nil:
		return driver.WithCause(kind, err, words)
	case errors.As(err, &token), errors.As(err, &noToken), errors.Is(err, errNoCredentials):
		return driver.WithCause(files.ErrPermission, err,
			"the credentials give no access token: "+setCredentials)
	case errors.As(err, &dns) && dns.IsNotFound:
		return driver.WithCause(files.ErrUnavailable, err, "the endpoint's host is not known")
	case errors.As(err, &dial) && dial.Op == "dial":
		return driver.WithCause(files.ErrUnavailable, err, "the service can't be reached")
	}
	words = "the connection broke"
	if errors.Is(err, io.ErrUnexpectedEOF) {
		words = "the connection ended in the middle of the response"
	}
	if err = driver.WithCause(files.ErrUnavailable, err, words); sent {
		return c.markUncertain(err)
	}
	return err
}

// retryAfter reads the header, which has two forms (RFC 9110, section 10.2.3).
func retryAfter(h http.Header) time.Duration {
	v := h.Get("Retry-After")
	if n, err := strconv.Atoi(v); err == nil {
		return time.Duration(min(n, 3600)) * time.Second
	}
	if t, err := http.ParseTime(v); err == nil {
		return time.Until(t)
	}
	return 0
}
