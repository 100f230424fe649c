package gocloud

import (
	"errors"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"cloudfiles.dev/files"
)

// response is a service's response: the HTTP status, and the service's code, such as
// NoSuchBucket.
type response struct {
	status int
	code   string
}

// responseOf finds a service's response in an error without linking the service's SDK:
// by the methods of AWS's errors and by the fields of Azure's and Google's.
func responseOf(err error) response {
	var r response
	if e, ok := errors.AsType[interface {
		error
		HTTPStatusCode() int
	}](err); ok {
		r.status = e.HTTPStatusCode()
	}
	if e, ok := errors.AsType[interface {
		error
		ErrorCode() string
		ErrorMessage() string
	}](err); ok {
		r.code = safeCode(e.ErrorCode())
	}
	visitAll(err, func(err error) bool {
		switch t := reflect.TypeOf(err).String(); t {
		case "*exported.ResponseError":
			r.status, r.code = intField(err, "StatusCode"), safeCode(textField(err, "ErrorCode"))
		case "*googleapi.Error":
			r.status = intField(err, "Code")
			if strings.Contains(textField(err, "Message"), "bucket does not exist") {
				r.code = "NoSuchBucket"
			}
		}
		return r.status == 0
	})
	return r
}

// visitAll visits an error and what it wraps, until visit returns false.
func visitAll(err error, visit func(error) bool) bool {
	if err == nil {
		return true
	}
	if !visit(err) {
		return false
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		return visitAll(e.Unwrap(), visit)
	case interface{ Unwrap() []error }:
		for _, err := range e.Unwrap() {
			if !visitAll(err, visit) {
				return false
			}
		}
	}
	return true
}

func field(err error, name string) reflect.Value {
	if v := deref(reflect.ValueOf(err)); v.Kind() == reflect.Struct {
		return v.FieldByName(name)
	}
	return reflect.Value{}
}

func intField(err error, name string) int {
	if f := field(err, name); f.CanInt() {
		return int(f.Int())
	}
	return 0
}

func textField(err error, name string) string {
	if f := field(err, name); f.Kind() == reflect.String {
		return f.String()
	}
	return ""
}

// safeCode returns a service's code if it is a single word, which can't contain a name
// or a secret.
func safeCode(s string) string {
	for _, c := range s {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9') {
			return ""
		}
	}
	if len(s) > 64 {
		return ""
	}
	return s
}

// String returns the words for an error's text, or "" if there was no response.
func (r response) String() string {
	switch {
	case r.status == 0 && r.code == "":
		return ""
	case r.status == 0:
		return "the service answered " + r.code
	case r.code == "":
		return "the service answered " + strconv.Itoa(r.status)
	}
	return "the service answered " + strconv.Itoa(r.status) + " " + r.code
}

// kind returns the sentinel if the response determines it better than Go CDK's code, or
// nil.
func (r response) kind(o op) error {
	switch r.code {
	case "NoSuchBucket", "ContainerNotFound", "ContainerBeingDeleted", "ContainerDisabled":
		return files.ErrNoBucket
	case "KeyTooLongError", "InvalidObjectName", "InvalidUri", "InvalidBlobName":
		return files.ErrInvalidName
	case "MetadataTooLarge", "InvalidMetadata":
		return files.ErrInvalid
	case "EntityTooLarge", "RequestBodyTooLarge", "BlockCountExceedsLimit":
		return files.ErrTooLarge
	case "BadDigest", "Md5Mismatch", "XAmzContentChecksumMismatch":
		return files.ErrCorrupt
	case "SlowDown", "ServerBusy", "InternalError", "OperationTimedOut", "RequestTimeout",
		"ServiceUnavailable", "ConditionalRequestConflict":
		return files.ErrUnavailable
	case "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "AuthenticationFailed",
		"AuthorizationFailure", "AuthorizationPermissionMismatch":
		return files.ErrPermission
	}
	switch {
	case r.status == http.StatusUnauthorized, r.status == http.StatusForbidden:
		return files.ErrPermission // also GCS's 403, which Go CDK maps to NotFound
	case r.status == http.StatusPreconditionFailed, r.status == http.StatusConflict &&
		o == opPutIfAbsent:
		if o == opPutIfAbsent {
			return files.ErrExist
		}
		return files.ErrPrecondition
	case r.status == http.StatusRequestEntityTooLarge:
		return files.ErrTooLarge
	case r.status == http.StatusTooManyRequests, r.status == http.StatusRequestTimeout,
		r.status >= 500:
		return files.ErrUnavailable
	}
	return nil
}

// notApplied reports whether the service refused the request: then it changed nothing
// (P2).
func (r response) notApplied() bool {
	return r.status >= 400 && r.status < 500 && r.status != http.StatusRequestTimeout
}
