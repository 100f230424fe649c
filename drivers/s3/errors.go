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

// op is the request's kind, since the meaning of a response depends on it. Flags say
// which conditions were sent.
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
	opDeleteMany // whose response names files
	opCopy
	opSign
	ops // the number of kinds

	ifMatch op = 1 << 8  // If-Match, of a read
	ifNone  op = 1 << 9  // If-None-Match, of a read
	ifFrom  op = 1 << 10 // a condition on a copy's source
	copying op = 1 << 11 // what is missing is the source
	flags      = ifMatch | ifNone | ifFrom | copying
)

// withConditions returns the operation with the conditions of a read.
func (o op) withConditions(match, none *string) op {
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

// retryAfterError is a response that says when to retry, for the policy.
type retryAfterError struct {
	error
	after time.Duration
}

func (d *retryAfterError) Unwrap() error             { return d.error }
func (d *retryAfterError) RetryAfter() time.Duration { return d.after }

// response is a response of the service that is an error. status is 0 if none came.
type response struct {
	status  int
	code    string
	message string
	header  http.Header
	isS3    bool   // S3 sent it, and no proxy, or it is the response to a HEAD, which has no body
	bare    bool   // S3 didn't send it, and it has no body
	torn    bool   // a part of its body came
	broke   string // why the rest didn't
	why     string // why it isn't S3's
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
		a.code, a.message, a.isS3 = safeCode(ae.ErrorCode()), ae.ErrorMessage(), true
	} else {
		// Only the error's text shows XML that ends too early.
		var broken net.Error
		a.broke = connect.Broke(err)
		a.torn = errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &broken) ||
			err != nil && strings.Contains(err.Error(), "EOF")
	}
	if t, ok := errors.AsType[*badResponse](err); ok {
		a.status, a.isS3, a.bare, a.why, a.torn = t.status, t.code != "", t.bare, t.why, t.torn
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

// String describes the response in an error's text; "" if none came.
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
		return err // this package made it
	}
	if d, ok := err.(*denied); ok {
		return d
	}
	if ctx.Err() != nil && (errors.Is(err, ctx.Err()) || responseOf(err).status == 0) {
		both := errors.Join(driver.ContextError(ctx), err)
		return driver.WithCause(nil, both, ctx.Err().Error())
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
		return driver.WithCause(nil, err, words)
	}
	if s := a.header.Get("Retry-After"); s != "" {
		if d := retryAfter(s); d > 0 {
			err = &retryAfterError{err, d}
		}
	}
	return driver.WithCause(kind, err, words)
}

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

// kind returns the sentinel that the response stands for, or nil if there is none.
func (a response) kind(o op) (words string, kind error) {
	words = a.String()
	if a.status == http.StatusRequestedRangeNotSatisfiable && o&^flags == opGet {
		return "", errRange // a HEAD decides
	}
	switch {
	case a.status == http.StatusNotModified: // has no body
	case a.status >= 200 && a.status < 300 && !a.isS3 && a.why == "":
		return words, nil // the SDK couldn't read it
	case a.status != 0 && !a.isS3:
		return a.notService(words)
	}
	if s, ok := credentialCodes[a.code]; ok {
		return words + ": " + s, files.ErrPermission
	}
	if a.isRedirect() {
		return a.region(words)
	}
	if kind := a.condition(o); kind != nil {
		if kind == files.ErrUnavailable {
			words += " to a request without such a condition"
		}
		return words, kind
	}
	made := o&^flags == opStat && a.code == strings.ReplaceAll(http.StatusText(a.status), " ", "")
	if k, ok := codes[a.code]; ok && !made { // for HEAD, the SDK makes a code from the status
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

// writes reports whether the operation only writes, so that nothing can be missing.
func (o op) writes() bool {
	base := o &^ flags
	return (base == opPut || base == opPutAbsent || base == opPutMatch) && o&copying == 0
}

// condition returns the sentinel of a condition that doesn't hold: ErrUnavailable if no
// condition was sent, and nil if the response isn't about one. The status alone isn't
// enough, except for a HEAD, which has nothing else.
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
		return files.ErrPrecondition // no file has that version
	}
	return nil
}

// byStatus is for codes that codes doesn't have, and for the responses to HEAD.
func (a response) byStatus(o op, words string) (string, error) {
	head := o&^flags == opStat
	switch a.status {
	case 0:
		if a.code == "" {
			return words, nil
		}
		return words, files.ErrUnavailable // one of many names: it has no status
	case http.StatusNotFound:
		if head || a.code == "NotFound" && !o.writes() && o&^flags != opDeleteMany {
			return words, files.ErrNotExist
		}
		return words + ", which is not known", files.ErrUnavailable
	case http.StatusBadRequest:
		if head {
			return words + ", and the response to a HEAD has no reason: the credentials may have " +
				"expired, or the bucket is in another region", files.ErrPermission
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

// statusClientGone is the status that some servers use if the client has closed the
// connection.
const statusClientGone = 499

// notService is for a response that isn't S3's, but a proxy's, a login page's or
// another web server's. It is never a success, and says nothing about a file.
func (a response) notService(words string) (string, error) {
	switch {
	case a.torn:
		return words + ", and " + a.broke, files.ErrUnavailable
	case a.why != "":
		words += ", " + a.why
	case a.bare:
		words += " without a body"
	default:
		words += " with a body that is not S3's"
	}
	words += ": " + notS3
	switch {
	case a.status == http.StatusUnauthorized, a.status == http.StatusForbidden:
		return words, files.ErrPermission
	case a.bare && (a.status == http.StatusBadRequest || a.status == http.StatusLengthRequired):
		return words, files.ErrInvalid // Ceph's gateway sends no more
	case a.bare && a.status == http.StatusNotImplemented:
		return words, files.ErrUnsupported
	case a.bare && a.status == http.StatusRequestEntityTooLarge:
		return words, files.ErrTooLarge
	}
	return words, files.ErrUnavailable
}

// region is for a bucket that is in another region or at another endpoint.
func (a response) region(words string) (string, error) {
	words += ": the bucket is in another region, or at another endpoint"
	region := a.header.Get("X-Amz-Bucket-Region")
	if safeCode(strings.ReplaceAll(region, "-", "")) != "" {
		words += "; write region=" + region
	}
	return words, files.ErrInvalid
}

// isRedirect reports whether the service redirects to another region.
func (a response) isRedirect() bool {
	switch a.code {
	case "PermanentRedirect", "TemporaryRedirect", "Redirect", "AuthorizationHeaderMalformed",
		"IllegalLocationConstraintException", "MovedPermanently":
		return true
	}
	return a.status >= 300 && a.status < 400 && a.status != http.StatusNotModified
}

// mapConnectionError maps failures that aren't a response of S3 to sentinels.
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
		return setCredentials, files.ErrPermission // of a caller's provider, also without a network
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

// isSend reports whether the failure happened while the request was sent.
func isSend(err error) bool {
	var sent interface{ ConnectionError() bool }
	return errors.As(err, &sent) && sent.ConnectionError()
}
