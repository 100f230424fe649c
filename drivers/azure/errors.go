package azure

import (
	"context"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"cloudfiles.dev/drivers/internal/connect"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// op is the kind of request: the same response means different things for different
// kinds. Flags are the conditions that were sent.
type op uint16

const (
	opGet op = iota
	opStat
	opList
	opBatch
	opBlock     // a step of an upload before the last
	opPut       // writes a blob: Put Blob, Put Block List, Put Blob From URL
	opPutAbsent // with If-None-Match
	opPutMatch  // with If-Match
	opDelete
	opDeleteMatch
	opBlocks // lists the blocks of a name
	ops      // the number of kinds

	ifMatch op = 1 << 8  // a read with If-Match
	ifNone  op = 1 << 9  // a read with If-None-Match
	copying op = 1 << 10 // the content is a certain version of another blob
	inBatch op = 1 << 11 // the response is part of a batch's
	flags      = ifMatch | ifNone | copying | inBatch
)

func (o op) base() op { return o &^ flags }

// commits reports whether the request writes a blob.
func (o op) commits() bool {
	base := o.base()
	return base == opPut || base == opPutAbsent || base == opPutMatch
}

// writes reports whether only the container could be missing.
func (o op) writes() bool { return o.commits() || o.base() == opBlock }

// success is the status of the operation's success.
func (o op) success() int {
	switch base := o.base(); {
	case base.writes():
		return http.StatusCreated
	case base == opDelete, base == opDeleteMatch, base == opBatch:
		return http.StatusAccepted
	}
	return http.StatusOK
}

// errSource is the response to a copy whose source can't be read or has another version
// by now. It isn't returned to the caller.
var errSource = errors.New("the source of the copy can't be read, or was replaced")

// serviceError is a failure that the service reports: a sentinel with its text, and the
// delay that the service requests.
type serviceError struct {
	err      error // made by driver.WithCause
	response response
	after    time.Duration
}

func (a *serviceError) Error() string             { return a.err.Error() }
func (a *serviceError) Unwrap() error             { return a.err }
func (a *serviceError) RetryAfter() time.Duration { return a.after }

// responseOf is the response that an error stands for, or the zero response.
func responseOf(err error) response {
	if a, ok := errors.AsType[*serviceError](err); ok {
		return a.response
	}
	return sdkResponseOf(err)
}

// mapError maps an error of the SDK to a sentinel (E2). The SDK's text contains the
// URL, so it is never shown (E1); errors.As finds the SDK's error.
func (b *backend) mapError(ctx context.Context, o op, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return driver.ContextError(ctx)
	}
	if _, mapped := errors.AsType[*serviceError](err); mapped {
		return err
	}
	r := sdkResponseOf(err)
	if r.status == 0 {
		return mapConnectionError(err)
	}
	words, kind := r.kind(o)
	return &serviceError{
		err:      driver.WithCause(kind, err, words),
		response: r,
		after:    retryAfter(r.header),
	}
}

// mapConnectionError maps failures that aren't a response of the service.
func mapConnectionError(err error) error {
	if files.KindOf(err) != nil {
		return err
	}
	if words, kind := connect.Fault(err, settings); kind != nil {
		return driver.WithCause(kind, err, words)
	}
	if isCredentials(err) {
		return driver.WithCause(files.ErrPermission, err, setCredentials)
	}
	if _, dns := errors.AsType[*net.DNSError](err); dns {
		return driver.WithCause(files.ErrUnavailable, err, "the service's host is not known")
	}
	if long, ok := errors.AsType[*tooLong](err); ok {
		return driver.WithCause(files.ErrUnavailable, err, long.Error()+": "+notAzure)
	}
	var network net.Error
	if !errors.As(err, &network) && isUnreadable(err) {
		return driver.WithCause(files.ErrUnavailable, err, "the response can't be read: "+notAzure)
	}
	return driver.WithCause(files.ErrUnavailable, err, "the service can't be reached")
}

// isUnreadable reports whether the error is a parser's, about a response.
func isUnreadable(err error) bool {
	var (
		syntax *xml.SyntaxError
		parse  *time.ParseError
		number *strconv.NumError
		binary base64.CorruptInputError
		escape url.EscapeError
	)
	return errors.As(err, &syntax) || errors.As(err, &parse) || errors.As(err, &number) ||
		errors.As(err, &binary) || errors.As(err, &escape)
}

// retryAfter reads the header, which has two forms (RFC 9110, section 10.2.3).
func retryAfter(h http.Header) time.Duration {
	s := h.Get("Retry-After")
	if n, err := strconv.Atoi(s); err == nil {
		return time.Duration(min(max(n, 0), 3600)) * time.Second
	}
	if t, err := http.ParseTime(s); err == nil {
		return max(time.Until(t), 0)
	}
	return 0
}

// response is the service's response; status is 0 if there was none.
type response struct {
	status  int
	code    string
	header  http.Header
	genuine bool   // it is the service's own
	bare    bool   // it isn't the service's, and has no body
	why     string // why it isn't the service's
	isDir   bool   // it is about a directory
}

func sdkResponseOf(err error) response {
	var r response
	if e, ok := errors.AsType[*azcore.ResponseError](err); ok {
		r.status, r.code, r.genuine = e.StatusCode, safeCode(e.ErrorCode), true
		if e.RawResponse != nil {
			r.header = e.RawResponse.Header
		}
	}
	if t, ok := errors.AsType[*badResponse](err); ok {
		r.status, r.code, r.genuine, r.bare, r.why = t.status, t.code, t.code != "", t.bare, t.why
		r.isDir = t.isDir
	}
	return r
}

// String returns the words for an error's text.
func (r response) String() string {
	s := "the service answered " + strconv.Itoa(r.status)
	if r.code != "" {
		s += " " + r.code
	}
	return s
}
