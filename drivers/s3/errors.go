package s3

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"cloudfiles.dev/drivers/internal/connect"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// op is what was asked: the same response means different things. Flags say which
// conditions were sent.
type op uint16

const (
	opGet op = iota
	opStat
	opBody // reading a body
	opList
	opPut       // unconditional, or an upload's steps before the last
	opPutAbsent // If-None-Match
	opPutMatch  // If-Match
	opDelete
	opDeleteMatch
	opDeleteMany // of names that its response tells of
	opCopy
	opSign
	ops // how many

	ifMatch op = 1 << 8  // If-Match, of a read
	ifNone  op = 1 << 9  // If-None-Match, of a read
	ifFrom  op = 1 << 10 // a condition on a copy's source
	copying op = 1 << 11 // what is missing is the source
	flags      = ifMatch | ifNone | ifFrom | copying
)

// asks returns the operation with the conditions of a read.
func (o op) asks(match, none *string) op {
	if match != nil {
		o |= ifMatch
	}
	if none != nil {
		o |= ifNone
	}
	return o
}

// errRange is the response to a range that has no bytes; it doesn't leave the package.
var errRange = errors.New("the range has no bytes")

// redactedError is an error without a sentinel. Its words may be shown, and replace its
// cause's (E1).
type redactedError struct {
	detail string
	cause  error
}

func (e *redactedError) Error() string { return e.detail }
func (e *redactedError) Unwrap() error { return e.cause }

// retryAfterError is a response that says when to come back, for the policy.
type retryAfterError struct {
	error
	after time.Duration
}

func (d *retryAfterError) Unwrap() error             { return d.error }
func (d *retryAfterError) RetryAfter() time.Duration { return d.after }

// response is what the service said: status 0 if nothing came.
type response struct {
	status  int
	code    string
	message string
	header  http.Header
	own     bool   // it is S3's own, or that to a HEAD, which has no body to tell
	bare    bool   // of what isn't: it has no body
	torn    bool   // its body came in part
	broke   string // and why
	why     string // of what isn't
}

func responseOf(err error) response {
	var a response
	if re, ok := errors.AsType[*awshttp.ResponseError](err); ok && re.Response != nil {
		a.status = re.HTTPStatusCode()
		if re.Response.Response != nil {
			a.header = re.Response.Header
		}
	}
	if ae, ok := errors.AsType[smithy.APIError](err); ok {
		a.code, a.message, a.own = safeCode(ae.ErrorCode()), ae.ErrorMessage(), true
	} else {
		// XML that ends too early is known by text alone.
		var broken net.Error
		a.broke = connect.Broke(err)
		a.torn = errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &broken) ||
			err != nil && strings.Contains(err.Error(), "EOF")
	}
	if t, ok := errors.AsType[*badResponse](err); ok {
		a.status, a.own, a.bare, a.why, a.torn = t.status, t.code != "", t.bare, t.why, t.torn
		a.broke = connect.Broke(err)
	}
	return a
}

// safeCode returns a code if it is a plain word, which can't contain a name or a secret.
func safeCode(s string) string {
	if kms, ok := strings.CutPrefix(s, "KMS."); ok && safeCode(kms) != "" {
		return s
	}
	if len(s) > 64 || strings.ContainsFunc(s, func(c rune) bool {
		return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9')
	}) {
		return ""
	}
	return s
}

// String is words for an error's text, "" if nothing answered.
func (a response) String() string {
	switch {
	case a.status == 0 && a.code == "":
		return ""
	case a.status == 0:
		return "the service answered " + a.code
	case a.code == "" || a.code == "UnknownError":
		return "the service answered " + strconv.Itoa(a.status)
	}
	return "the service answered " + strconv.Itoa(a.status) + " " + a.code
}

// mapError maps an error of the SDK to a sentinel (E2). The SDK's texts contain keys,
// URLs and request headers, so none is used (E1). errors.As finds the SDK's own error.
func mapError(ctx context.Context, o op, err error) error {
	if err == nil {
		return nil
	}
	if _, found := err.(interface{ Unwrap() []error }); found && files.KindOf(err) != nil {
		return err // it is one of ours
	}
	if d, ok := err.(*denied); ok {
		return d
	}
	if ctx.Err() != nil && (errors.Is(err, ctx.Err()) || responseOf(err).status == 0) {
		return &redactedError{ctx.Err().Error(), endedError{driver.ContextError(ctx), err}}
	}
	a := responseOf(err)
	words, kind := a.kind(o)
	if kind == errRange {
		return errRange
	}
	if kind == nil {
		words, kind = mapConnectionError(o, a, err)
	}
	if kind == nil {
		return &redactedError{words, err}
	}
	if s := a.header.Get("Retry-After"); s != "" {
		if d := retryAfter(s); d > 0 {
			err = &retryAfterError{err, d}
		}
	}
	return files.WithCause(kind, err, words)
}

// endedError is the error of a context's end, together with what the SDK made of it.
type endedError struct{ end, err error }

func (b endedError) Error() string   { return b.end.Error() }
func (b endedError) Unwrap() []error { return []error{b.end, b.err} }

// retryAfter reads the header's two forms (RFC 9110, section 10.2.3).
func retryAfter(s string) time.Duration {
	if n, err := strconv.Atoi(s); err == nil {
		return time.Duration(min(n, 3600)) * time.Second
	}
	if t, err := http.ParseTime(s); err == nil {
		return time.Until(t)
	}
	return 0
}

// kind finds the sentinel that the response is, or nil if there is none.
func (a response) kind(o op) (words string, kind error) {
	words = a.String()
	if a.status == http.StatusRequestedRangeNotSatisfiable && o&^flags == opGet {
		return "", errRange // a look at the file tells
	}
	switch {
	case a.status == http.StatusNotModified: // which has no body
	case a.status >= 200 && a.status < 300 && !a.own && a.why == "":
		return words, nil // the SDK couldn't read it
	case a.status != 0 && !a.own:
		return a.notService(words)
	}
	if s, ok := credentialCodes[a.code]; ok {
		return words + ": " + s, files.ErrPermission
	}
	if a.elsewhere() {
		return a.region(words)
	}
	if kind := a.condition(o); kind != nil {
		if kind == files.ErrUnavailable {
			words += " to a request without such a condition"
		}
		return words, kind
	}
	made := o&^flags == opStat && a.code == strings.ReplaceAll(http.StatusText(a.status), " ", "")
	if k, ok := codes[a.code]; ok && !made { // of HEAD, the SDK makes a code of the status
		if hint := hints[a.code]; hint != "" {
			words += ": " + hint
		}
		switch {
		case k == files.ErrNotExist && o.writes():
			return words +
					" to a write: is the address style right? write use_path_style=true or false",
				files.ErrUnavailable
		case k == files.ErrNotExist && (o&^flags == opList || o&^flags == opDeleteMany):
			return words + " to a request for the bucket", files.ErrUnavailable
		}
		return words, k
	}
	return a.byStatus(o, words)
}

// writes reports whether there is nothing that could be missing.
func (o op) writes() bool {
	base := o &^ flags
	return (base == opPut || base == opPutAbsent || base == opPutMatch) && o&copying == 0
}

// condition is what the response says of a condition: ErrUnavailable if none was sent,
// and nil if it says nothing. The status alone isn't a reason, except for a HEAD, which
// has no other.
func (a response) condition(o op) error {
	base := o &^ flags
	missing := a.code == "NoSuchKey" || a.code == "NoSuchVersion" || a.code == "NotFound"
	switch {
	case a.status == http.StatusNotModified:
		if o&ifNone != 0 {
			return files.ErrNotModified
		}
		return files.ErrUnavailable
	case a.code == "PreconditionFailed":
		switch {
		case base == opPutAbsent:
			return files.ErrExist
		case base == opPutMatch, base == opDeleteMatch, o&(ifMatch|ifFrom) != 0:
			return files.ErrPrecondition
		}
		return files.ErrUnavailable
	case a.code == "FileAlreadyExists" && base == opPutAbsent: // OSS, COS
		return files.ErrExist
	case a.code == "FileAlreadyExists":
		return files.ErrUnsupported
	case (base == opPutMatch || base == opDeleteMatch) && missing:
		return files.ErrPrecondition // there is none of that version
	}
	return nil
}

// byStatus is for codes that the table doesn't have, and for the responses to HEAD.
func (a response) byStatus(o op, words string) (string, error) {
	head := o&^flags == opStat
	switch a.status {
	case 0:
		if a.code == "" {
			return words, nil
		}
		return words, files.ErrUnavailable // one of many, whose status isn't known
	case http.StatusNotFound:
		if head || a.code == "NotFound" && !o.writes() && o&^flags != opDeleteMany {
			return words, files.ErrNotExist
		}
		return words + ", which is not known", files.ErrUnavailable
	case http.StatusBadRequest:
		if head {
			return words + ", and to a HEAD no more: the credentials may have expired, " +
				"or the region is another", files.ErrPermission
		}
		return words, files.ErrInvalid
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusMethodNotAllowed:
		return words, files.ErrPermission
	case http.StatusRequestEntityTooLarge, http.StatusInsufficientStorage:
		return words, files.ErrTooLarge
	case http.StatusNotImplemented:
		return words, files.ErrUnsupported
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusPreconditionFailed,
		http.StatusExpectationFailed,
		http.StatusTooManyRequests, statusClientGone, http.StatusRequestedRangeNotSatisfiable:
		return words, files.ErrUnavailable
	}
	if a.status >= 400 && a.status < 500 {
		return words, files.ErrInvalid
	}
	return words, files.ErrUnavailable
}

// statusClientGone is the status of some servers when they believe that the client has
// gone.
const statusClientGone = 499

// notService is for a response that isn't S3's: of a proxy, a login page, another web
// server. It is never a success, and says nothing about a file.
func (a response) notService(words string) (string, error) {
	switch {
	case a.torn:
		return words + ", and " + a.broke, files.ErrUnavailable
	case a.why != "":
		words += ", " + a.why
	case a.bare:
		words += " without a word"
	default:
		words += " with a body that is not S3's"
	}
	words += ": " + notS3
	switch {
	case a.status == http.StatusUnauthorized, a.status == http.StatusForbidden:
		return words, files.ErrPermission
	case a.bare && (a.status == http.StatusBadRequest || a.status == http.StatusLengthRequired):
		return words, files.ErrInvalid // Ceph's gateway says no more
	case a.bare && a.status == http.StatusNotImplemented:
		return words, files.ErrUnsupported
	case a.bare && a.status == http.StatusRequestEntityTooLarge:
		return words, files.ErrTooLarge
	}
	return words, files.ErrUnavailable
}

// region is for a bucket that is somewhere else.
func (a response) region(words string) (string, error) {
	words += ": the bucket is in another region, or at another endpoint"
	region := a.header.Get("X-Amz-Bucket-Region")
	if safeCode(strings.ReplaceAll(region, "-", "")) != "" {
		words += "; write region=" + region
	}
	return words, files.ErrInvalid
}

// elsewhere reports whether the service sends to another region.
func (a response) elsewhere() bool {
	switch a.code {
	case "PermanentRedirect", "TemporaryRedirect", "Redirect", "AuthorizationHeaderMalformed",
		"IllegalLocationConstraintException", "MovedPermanently":
		return true
	}
	return a.status >= 300 && a.status < 400 && a.status != http.StatusNotModified
}

// mapConnectionError classifies failures that aren't a response of S3.
func mapConnectionError(o op, a response, err error) (words string, kind error) {
	var dns *net.DNSError
	var opErr *net.OpError
	var netErr net.Error
	if isCredentials(err) {
		return setCredentials, files.ErrPermission
	}
	if words, kind := connect.Fault(err, settings); kind != nil {
		return words, kind
	}
	switch {
	case a.status == 0 && o != opBody && strings.Contains(err.Error(), "get identity: "):
		return setCredentials, files.ErrPermission // of the caller's own, without a network too
	case errors.As(err, &dns):
		return "the service's host can't be found", files.ErrUnavailable
	case errors.As(err, &opErr) && opErr.Op == "dial":
		return "the service can't be reached", files.ErrUnavailable
	case o == opBody:
		return "the connection broke", files.ErrUnavailable
	case a.status >= 200 && a.status < 300:
		return a.String() + " with a body that is not S3's: " + notS3, files.ErrUnavailable
	case a.status != 0:
		return a.String(), files.ErrUnavailable
	case errors.As(err, &netErr), isSend(err):
		return "the connection broke", files.ErrUnavailable
	}
	return "the SDK refuses the request", nil
}

// isSend reports whether the request was being sent.
func isSend(err error) bool {
	var sent interface{ ConnectionError() bool }
	return errors.As(err, &sent) && sent.ConnectionError()
}
