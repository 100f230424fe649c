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

	"cloudfiles.dev/files"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// op is what was asked: the same answer means different things.
type op uint8

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
	opCopy
	opSign
)

// errRange is the answer to a range that has no bytes; it doesn't leave the package.
var errRange = errors.New("the range has no bytes")

// opaque is an error of no sentinel with words that may be shown, in place of its cause's (E1).
type opaque struct {
	detail string
	cause  error
}

func (e *opaque) Error() string { return e.detail }
func (e *opaque) Unwrap() error { return e.cause }

// delayed is an answer that says when to come back, for the policy.
type delayed struct {
	error
	after time.Duration
}

func (d *delayed) Unwrap() error             { return d.error }
func (d *delayed) RetryAfter() time.Duration { return d.after }

// answer is what the service said: status 0 where nothing came.
type answer struct {
	status int
	code   string
	header http.Header
	torn   bool // its body came in part
}

func answerOf(err error) answer {
	var a answer
	if re, ok := errors.AsType[*awshttp.ResponseError](err); ok && re.Response != nil {
		a.status = re.HTTPStatusCode()
		if re.Response.Response != nil {
			a.header = re.Response.Header
		}
	}
	if ae, ok := errors.AsType[smithy.APIError](err); ok {
		a.code = token(ae.ErrorCode())
	}
	// XML that ends too early is told by text alone.
	var broken net.Error
	a.torn = errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &broken) || err != nil && strings.Contains(err.Error(), "EOF")
	return a
}

// token returns a code where it is a plain word, which can hold no name and no secret.
func token(s string) string {
	if len(s) > 64 || strings.ContainsFunc(s, func(c rune) bool { return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9') }) {
		return ""
	}
	return s
}

// String is words for an error's text, "" where nothing answered.
func (a answer) String() string {
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

// fault maps an error of the SDK to a sentinel (E2). The SDK's texts hold keys, URLs and request headers, so none is taken over (E1); errors.As
// reaches the SDK's own error.
func fault(ctx context.Context, o op, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil && (errors.Is(err, ctx.Err()) || answerOf(err).status == 0) {
		return &opaque{ctx.Err().Error(), both{files.ContextError(ctx), err}}
	}
	a := answerOf(err)
	words, kind := a.kind(o)
	if kind == errRange {
		return errRange
	}
	if kind == nil {
		words, kind = unanswered(o, a, err)
	}
	if kind == nil {
		return &opaque{words, err}
	}
	if s := a.header.Get("Retry-After"); s != "" {
		if d := retryAfter(s); d > 0 {
			err = &delayed{err, d}
		}
	}
	return files.WithCause(kind, err, words)
}

// both is a context's end, and what the SDK made of it.
type both struct{ end, err error }

func (b both) Error() string   { return b.end.Error() }
func (b both) Unwrap() []error { return []error{b.end, b.err} }

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

// codes maps S3's error codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
var codes = map[string]error{
	"NoSuchBucket": files.ErrNoBucket, "NoSuchKey": files.ErrNotExist, "NoSuchVersion": files.ErrNotExist,
	"AccessDenied": files.ErrPermission, "AllAccessDisabled": files.ErrPermission, "AccountProblem": files.ErrPermission, "Forbidden": files.ErrPermission,
	"InvalidObjectState": files.ErrPermission, // archived: it must be restored before it can be read
	"MethodNotAllowed":   files.ErrPermission, "NotSignedUp": files.ErrPermission, "InvalidPayer": files.ErrPermission,
	"KeyTooLongError": files.ErrInvalidName, "KeyTooLong": files.ErrInvalidName, "InvalidURI": files.ErrInvalidName, "InvalidObjectName": files.ErrInvalidName,
	"MetadataTooLarge": files.ErrInvalid, "InvalidArgument": files.ErrInvalid, "InvalidRequest": files.ErrInvalid, "InvalidTag": files.ErrInvalid,
	"InvalidStorageClass": files.ErrInvalid, "InvalidBucketName": files.ErrInvalid, "InvalidEncryptionAlgorithmError": files.ErrInvalid,
	"KMS.NotFoundException": files.ErrInvalid, "InvalidRetentionPeriod": files.ErrInvalid, "RequestHeaderSectionTooLarge": files.ErrInvalid,
	"EntityTooLarge": files.ErrTooLarge, "EntityTooSmall": files.ErrInvalid,
	"BadDigest": files.ErrCorrupt, "InvalidDigest": files.ErrCorrupt, "XAmzContentSHA256Mismatch": files.ErrCorrupt, "XAmzContentChecksumMismatch": files.ErrCorrupt, "IncompleteBody": files.ErrUnavailable,
	"SlowDown": files.ErrUnavailable, "ServiceUnavailable": files.ErrUnavailable, "InternalError": files.ErrUnavailable, "RequestTimeout": files.ErrUnavailable, "Busy": files.ErrUnavailable,
	"OperationAborted": files.ErrUnavailable, "ConditionalRequestConflict": files.ErrUnavailable, "TooManyRequests": files.ErrUnavailable, "RequestLimitExceeded": files.ErrUnavailable, "Throttling": files.ErrUnavailable,
	"NotImplemented": files.ErrUnsupported,
}

// credentialCodes are the codes that tell what is wrong with them, with words for people.
var credentialCodes = map[string]string{
	"InvalidAccessKeyId":     "the access key is unknown to the service",
	"SignatureDoesNotMatch":  "the secret key is not the access key's",
	"ExpiredToken":           "the credentials have expired",
	"TokenRefreshRequired":   "the credentials must be refreshed",
	"InvalidToken":           "the session token is not valid",
	"InvalidSecurity":        "the credentials are not valid",
	"RequestExpired":         "the request's signature has expired",
	"RequestTimeTooSkewed":   "the clocks of this machine and of the service differ too much",
	"UnauthorizedAccess":     "the credentials are not valid in this region",
	"InvalidClientTokenId":   "the access key is unknown to the service",
	"MissingSecurityHeader":  "the request was not signed",
	"CredentialsNotProvided": "there are no credentials",
}

// kind finds the sentinel that the answer is, or nil.
func (a answer) kind(o op) (words string, kind error) {
	words = a.String()
	if s, ok := credentialCodes[a.code]; ok {
		return words + ": " + s, files.ErrPermission
	}
	if region := a.header.Get("X-Amz-Bucket-Region"); a.elsewhere() {
		words += ": the bucket is in another region, or at another endpoint"
		if region = token(strings.ReplaceAll(region, "-", "")); region != "" {
			words += "; write region=" + a.header.Get("X-Amz-Bucket-Region")
		}
		return words, files.ErrInvalid
	}
	switch {
	case a.status == http.StatusRequestedRangeNotSatisfiable && o == opGet:
		return "", errRange
	case a.status == http.StatusNotModified:
		return words, files.ErrNotModified
	case a.status == http.StatusPreconditionFailed || a.code == "PreconditionFailed":
		if o == opPutAbsent {
			return words, files.ErrExist
		}
		return words, files.ErrPrecondition
	case (o == opPutMatch || o == opDeleteMatch) && (a.code == "NoSuchKey" || a.code == "NotFound" || a.code == "NoSuchVersion"):
		return words, files.ErrPrecondition // there is none of that version
	}
	if k, ok := codes[a.code]; ok {
		return words, k
	}
	switch {
	case a.status == http.StatusNotFound && (o == opStat || a.code == "NotFound"):
		return words, files.ErrNotExist // the answer to HEAD has no code
	case a.status == http.StatusUnauthorized, a.status == http.StatusForbidden:
		return words, files.ErrPermission
	case a.status == http.StatusNotFound && a.code == "" && a.torn:
		return words + ", and the connection broke", files.ErrUnavailable
	case o == opStat && a.status == http.StatusBadRequest:
		return words + ", and to a HEAD no more: the credentials may have expired, or the region is another", files.ErrPermission
	case a.status == http.StatusNotFound && a.code == "":
		return words + " with a body that is not S3's; is the endpoint right?", files.ErrNoBucket
	case a.status == http.StatusRequestEntityTooLarge:
		return words, files.ErrTooLarge
	case a.status == http.StatusTooManyRequests, a.status == http.StatusRequestTimeout, a.status >= 500 && a.status != http.StatusNotImplemented:
		return words, files.ErrUnavailable
	case a.status == http.StatusNotImplemented:
		return words, files.ErrUnsupported
	}
	return words, nil
}

// elsewhere reports whether the service sends to another region.
func (a answer) elsewhere() bool {
	switch a.code {
	case "PermanentRedirect", "TemporaryRedirect", "Redirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "MovedPermanently":
		return true
	}
	return a.status >= 301 && a.status < 400 && a.status != http.StatusNotModified
}

// unanswered classes what is no answer of S3.
func unanswered(o op, a answer, err error) (words string, kind error) {
	var dns *net.DNSError
	var opErr *net.OpError
	var netErr net.Error
	switch {
	case errors.As(err, &dns):
		return "the service's host can't be found", files.ErrUnavailable
	case errors.As(err, &opErr) && opErr.Op == "dial":
		return "the service can't be reached", files.ErrUnavailable
	case o == opBody:
		return "the connection broke", files.ErrUnavailable
	case a.status >= 200 && a.status < 300:
		return a.String() + " with a body that is not S3's; is the endpoint right?", files.ErrUnavailable
	case a.status != 0:
		return a.String(), nil
	case errors.As(err, &netErr), isSend(err):
		return "the connection broke", files.ErrUnavailable
	case strings.Contains(err.Error(), "failed to refresh cached credentials"), strings.Contains(err.Error(), "failed to retrieve credentials"), strings.Contains(err.Error(), "get identity"):
		return "there are no credentials, or they can't be refreshed: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile or a role, or write anonymous=true", files.ErrPermission
	}
	return "the SDK refuses the request", nil
}

// isSend reports whether the request was being sent.
func isSend(err error) bool {
	var sent interface{ ConnectionError() bool }
	return errors.As(err, &sent) && sent.ConnectionError()
}

// refused reports whether nothing was done for certain: the service said no, or was not reached. Otherwise an answer was lost (P2).
func refused(err error) bool {
	switch a := answerOf(err); {
	case a.status >= 400 && a.status < 500:
		return true
	case a.status == http.StatusServiceUnavailable, a.status == http.StatusNotImplemented, a.status >= 300 && a.status < 400:
		return true
	case a.status != 0:
		return false
	}
	var opErr *net.OpError
	var dns *net.DNSError
	return errors.As(err, &dns) || errors.As(err, &opErr) && opErr.Op == "dial" || !isSend(err) && !sentAtAll(err)
}

// sentAtAll reports whether the SDK came as far as sending.
func sentAtAll(err error) bool {
	var e *smithy.DeserializationError
	var n net.Error
	return errors.As(err, &e) || errors.As(err, &n) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
