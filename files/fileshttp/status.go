package fileshttp

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// StatusClientClosedRequest is the status of a request whose context was cancelled. It
// only appears in logs. The status is common, but not part of HTTP's standard.
const StatusClientClosedRequest = 499

// Status returns the HTTP status for an error: 200 for nil, and 500 for errors that
// aren't in this table.
//
//	ErrNotExist                                404
//	ErrNotModified                             304
//	ErrExist, ErrPrecondition                  412
//	ErrPermission                              403
//	ErrInvalidName, ErrInvalid                 400
//	ErrTooLarge, *http.MaxBytesError           413
//	ErrUnsupported                             501
//	ErrUnavailable, ErrNoBucket, ErrClosed     503
//	ErrChanged                                 503: the same request may succeed now
//	ErrCorrupt                                 400 from Put: not as declared; otherwise 500
//	ErrUncertain                               500
//	a deadline                                 504
//	context.Canceled                           499
//	io.ErrUnexpectedEOF                        400, an upload that was cut
func Status(err error) int {
	if err == nil {
		return http.StatusOK
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return http.StatusRequestEntityTooLarge
	}
	switch files.KindOf(err) {
	case files.ErrNotExist:
		return http.StatusNotFound
	case files.ErrNotModified:
		return http.StatusNotModified
	case files.ErrExist, files.ErrPrecondition:
		return http.StatusPreconditionFailed
	case files.ErrPermission:
		return http.StatusForbidden
	case files.ErrInvalidName, files.ErrInvalid:
		return http.StatusBadRequest
	case files.ErrTooLarge:
		return http.StatusRequestEntityTooLarge
	case files.ErrUnsupported:
		return http.StatusNotImplemented
	case files.ErrUnavailable, files.ErrNoBucket, files.ErrClosed, files.ErrChanged:
		return http.StatusServiceUnavailable
	case files.ErrCorrupt:
		if e, ok := errors.AsType[*files.Error](err); ok && e.Op == files.OpPut {
			return http.StatusBadRequest
		}
		return http.StatusInternalServerError
	case files.ErrUncertain:
		return http.StatusInternalServerError
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return http.StatusGatewayTimeout
	case errors.Is(err, context.Canceled):
		return StatusClientClosedRequest
	case errors.Is(err, io.ErrUnexpectedEOF):
		return http.StatusBadRequest
	}
	return http.StatusInternalServerError
}

// ServeOptions are the options of ServeFile. The zero value has the defaults.
type ServeOptions struct {
	// OnError, if not nil, is called with every error, including errors of the client
	// and of a body that failed in the middle. Responses don't show errors, and the
	// package logs nothing. It is called concurrently.
	OnError func(r *http.Request, err error)
	// Growing serves files to which other programs append, such as logs on a disk, with
	// the length that they had when the request came (files.GetOptions.Growing).
	// Without it, the response is cut off if the file grows meanwhile.
	Growing bool

	missing func() bool // called if there is no file; true if it has responded
}

// fail responds with the status of an error.
func (o *ServeOptions) fail(w http.ResponseWriter, r *http.Request, err error) {
	o.report(r, err)
	refuse(w, Status(err))
}

// failRead is fail for reads: a path that can't be a name is 404.
func (o *ServeOptions) failRead(w http.ResponseWriter, r *http.Request, err error) {
	if files.KindOf(err) == files.ErrNotExist && o != nil && o.missing != nil && o.missing() {
		return
	}
	o.report(r, err)
	status := Status(err)
	if files.KindOf(err) == files.ErrInvalidName {
		status = http.StatusNotFound
	}
	refuse(w, status)
}

// withoutBucket responds with 500 if the bucket is nil.
func (o *ServeOptions) withoutBucket(w http.ResponseWriter, r *http.Request, b files.Bucket) bool {
	if b != nil {
		return false
	}
	o.report(r, driver.Errorf(files.ErrInvalid, "the bucket is nil"))
	refuse(w, http.StatusInternalServerError)
	return true
}

func (o *ServeOptions) report(r *http.Request, err error) {
	if o != nil && o.OnError != nil {
		o.OnError(r, err)
	}
}

// refuse responds with a status and its name. It removes headers about the file's
// content, which don't apply.
func refuse(w http.ResponseWriter, status int) {
	for _, h := range [...]string{
		"Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language",
		"Content-Length", "Etag", "Last-Modified", "Repr-Digest",
	} {
		w.Header().Del(h)
	}
	if status == http.StatusNotModified {
		w.WriteHeader(status)
		return
	}
	text := http.StatusText(status)
	if text == "" {
		text = "client closed request"
	}
	http.Error(w, text, status)
}

// refuseMethod responds with 405 and the allowed methods.
func refuseMethod(w http.ResponseWriter, allow string) {
	w.Header().Set("Allow", allow)
	refuse(w, http.StatusMethodNotAllowed)
}
