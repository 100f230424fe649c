package gcs

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"cloudfiles.dev/drivers/internal/connect"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"golang.org/x/oauth2"
	"google.golang.org/api/googleapi"
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

// vague is the refusal of a request by something that isn't the service: a repeat that
// meets itself tells that it was carried out.
type vague struct{ error }

func (v *vague) Unwrap() error { return v.error }

func isVague(err error) bool {
	var v *vague
	return errors.As(err, &v)
}

func isUnsettled(err error) bool {
	var u *unsettled
	return errors.As(err, &u)
}

// uncertain is the failure of a commit whose answer got lost (P2). What a repeat was
// told of a condition or of a missing file isn't an outcome, so its sentinel isn't
// found beside ErrUncertain.
func uncertain(err error) error {
	words := "the answer to the commit was lost"
	if e, ok := errors.AsType[*files.Error](files.NewError("", "", err)); ok && e.Detail != "" {
		words += ": " + e.Detail
	}
	switch files.KindOf(err) {
	case files.ErrExist, files.ErrPrecondition, files.ErrNotExist:
		err = &hushed{err}
	}
	return files.WithCause(files.ErrUncertain, err, words)
}

// hushed is a cause whose sentinel doesn't count.
type hushed struct{ err error }

func (h *hushed) Error() string { return h.err.Error() }

// Is finds the context's end alone.
func (h *hushed) Is(target error) bool {
	ended := target == context.Canceled || target == context.DeadlineExceeded
	return ended && errors.Is(h.err, target)
}

// As reaches the service's own error.
func (h *hushed) As(target any) bool { return errors.As(h.err, target) }

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
	sent := (c.sent == nil || c.sent.whole()) && !connect.Unsent(err)
	if ctx.Err() != nil {
		if err := driver.ContextError(ctx); sent {
			return c.settle(err)
		}
		return driver.ContextError(ctx)
	}
	var (
		token *oauth2.RetrieveError
		own   *noToken
		dial  *net.OpError
		dns   *net.DNSError
	)
	words, kind := connect.Fault(err, address)
	switch {
	case kind == files.ErrUnavailable && sent:
		return c.settle(files.WithCause(kind, err, words))
	case kind != nil:
		return files.WithCause(kind, err, words)
	case errors.As(err, &token), errors.As(err, &own), errors.Is(err, errNoCredentials):
		return files.WithCause(files.ErrPermission, err,
			"the credentials give no access token: "+setCredentials)
	case errors.As(err, &dns) && dns.IsNotFound:
		return files.WithCause(files.ErrUnavailable, err, "the endpoint's host is not known")
	case errors.As(err, &dial) && dial.Op == "dial":
		return files.WithCause(files.ErrUnavailable, err, "the service can't be reached")
	}
	words = "the connection broke"
	if errors.Is(err, io.ErrUnexpectedEOF) {
		words = "the answer broke off"
	}
	if err = files.WithCause(files.ErrUnavailable, err, words); sent {
		return c.settle(err)
	}
	return err
}

// opaque is an error of no sentinel with words that may be shown, in place of its
// cause's (E1).
type opaque struct {
	words string
	cause error
}

func (o *opaque) Error() string { return o.words }
func (o *opaque) Unwrap() error { return o.cause }

// retryAfter reads the header's two forms (RFC 9110, section 10.2.3).
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
