package s3

import (
	"context"
	"errors"
	"net"
	"net/http"

	"cloudfiles.dev/drivers/internal/connect"
	"cloudfiles.dev/files"
	"github.com/aws/smithy-go"
)

// notApplied reports whether the request surely changed nothing: the service itself
// refused it, or was not reached. Otherwise a response was lost, or a proxy's response
// came in its place (P2).
func notApplied(err error) bool {
	switch a := responseOf(err); {
	case a.status == 0:
	case a.torn:
		return false
	case !a.isS3:
		return a.status >= 300 && a.status != http.StatusRequestTimeout &&
			a.status != http.StatusTooManyRequests && a.status != statusClientGone &&
			(a.status < 500 || a.status == http.StatusNotImplemented)
	case a.status < 300: // an error in a response of status 200
		_, kind := a.kind(opPut)
		return kind != files.ErrUnavailable || a.code == "PreconditionFailed" ||
			a.code == "ConditionalRequestConflict" || a.code == "NoSuchUpload"
	case a.status < 500:
		return true
	default:
		return a.status == http.StatusServiceUnavailable || a.status == http.StatusNotImplemented ||
			codes[a.code] == files.ErrTooLarge // MinIO's 507: the store is full
	}
	if isCredentials(err) || connect.Refused(err) || connect.Unsent(err) {
		return true
	}
	var opErr *net.OpError
	var dns *net.DNSError
	return errors.As(err,
		&dns) || errors.As(err, &opErr) && opErr.Op == "dial" || !isSend(err) && !sentAtAll(err)
}

// sentAtAll reports whether the SDK had begun to send the request.
func sentAtAll(err error) bool {
	var e *smithy.DeserializationError
	var n net.Error
	return errors.As(err,
		&e) || errors.As(err,
		&n) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
