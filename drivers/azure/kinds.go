package azure

import (
	"net/http"

	"cloudfiles.dev/files"
)

// kind returns the sentinel for the response, and its words.
func (r response) kind(o op) (words string, kind error) {
	words = r.String()
	switch {
	case r.isDir:
		return "it is a directory", files.ErrNotExist
	case r.status == http.StatusRequestedRangeNotSatisfiable && o.base() == opGet:
		return words, errRange // the file's properties decide
	case r.status == http.StatusNotModified: // which has no body
	case !r.genuine:
		return r.notService(words)
	}
	if kind := r.condition(o); kind != nil {
		if kind == files.ErrUnavailable {
			words += " to a request without such a condition"
		}
		return words, kind
	}
	kind, known := codes[r.code]
	if !known {
		return r.byStatus(o, words)
	}
	if hint := hints[r.code]; hint != "" {
		words += ": " + hint
	}
	switch {
	case kind == files.ErrNotExist && o&copying != 0 && r.code == "BlobNotFound":
		return words, errSource
	case kind == files.ErrNotExist && r.code == "ResourceNotFound" && (o.writes() ||
		o.base() == opList):
		return words, files.ErrNoBucket
	case kind == files.ErrNotExist && o.writes():
		return words + " to a write: is the endpoint right?", files.ErrUnavailable
	case kind == files.ErrNotExist && (o.base() == opList || o.base() == opBatch):
		return words + " to a request for the container", files.ErrUnavailable
	}
	return words, kind
}

// condition returns what the response says about a condition: ErrUnavailable if none was
// sent, and nil if it says nothing. The status alone isn't sufficient.
func (r response) condition(o op) error {
	base := o.base()
	match := base == opPutMatch || base == opDeleteMatch || o&ifMatch != 0
	switch {
	case r.status == http.StatusNotModified:
		if o&ifNone != 0 {
			return files.ErrNotModified
		}
		return files.ErrUnavailable
	case r.code == "SourceConditionNotMet", r.code == "CannotVerifyCopySource":
		if o&copying != 0 {
			return errSource
		}
		return files.ErrUnavailable
	case r.code == "ConditionNotMet", r.code == "TargetConditionNotMet",
		r.code == "" && r.status == http.StatusPreconditionFailed: // to a HEAD
		switch {
		case base == opPutAbsent:
			return files.ErrExist
		case match:
			return files.ErrPrecondition
		case o&copying != 0:
			return errSource
		}
		return files.ErrUnavailable
	case r.code == "BlobAlreadyExists", r.code == "PathAlreadyExists":
		if base == opPutAbsent {
			return files.ErrExist
		}
		return files.ErrUnavailable
	case (base == opPutMatch || base == opDeleteMatch) && o&copying == 0 &&
		(r.code == "BlobNotFound" || r.code == "PathNotFound"):
		return files.ErrPrecondition // no file has that version
	}
	return nil
}

// byStatus handles codes that the table doesn't have, and responses without a code.
func (r response) byStatus(o op, words string) (string, error) {
	switch r.status {
	case http.StatusNotFound:
		base := o.base()
		absent := base == opGet || base == opStat || base == opDelete || base == opDeleteMatch
		if absent && r.code == "" { // an unknown code may mean anything
			return words, files.ErrNotExist
		}
		return words + ", which is not known", files.ErrUnavailable
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusMethodNotAllowed:
		return words, files.ErrPermission
	case http.StatusRequestEntityTooLarge, http.StatusInsufficientStorage:
		return words, files.ErrTooLarge
	case http.StatusNotImplemented:
		return words, files.ErrUnsupported
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusPreconditionFailed,
		http.StatusTooManyRequests, http.StatusRequestedRangeNotSatisfiable, statusClientGone:
		return words, files.ErrUnavailable
	}
	if r.status >= 400 && r.status < 500 {
		return words, files.ErrInvalid
	}
	return words, files.ErrUnavailable
}

// statusClientGone is the status of some servers if they assume that the client has gone.
const statusClientGone = 499

// notService handles a response that isn't from the service but from a proxy, a login
// page or another web server. It is never a success, and it says nothing about a file.
func (r response) notService(words string) (string, error) {
	switch {
	case r.why != "":
		words += ", " + r.why
	case r.bare:
		words += " without a body"
	default:
		words += " with a body that is not Azure's"
	}
	words += ": " + notAzure
	switch {
	case r.status == http.StatusUnauthorized, r.status == http.StatusForbidden:
		return words, files.ErrPermission
	case r.bare && r.status == http.StatusNotImplemented:
		return words, files.ErrUnsupported
	case r.bare && r.status == http.StatusRequestEntityTooLarge:
		return words, files.ErrTooLarge
	}
	return words, files.ErrUnavailable
}
