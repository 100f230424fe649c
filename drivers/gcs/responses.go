package gcs

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"cloudfiles.dev/drivers/internal/bounds"
	"cloudfiles.dev/drivers/internal/connect"
	"cloudfiles.dev/drivers/internal/oddtext"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"google.golang.org/api/googleapi"
)

const (
	// maxListing limits a page of a listing: 1,000 names of 1,024 characters, escaped
	// by JSON, are some 8 MiB.
	maxListing = 16 * mib
	// maxResource limits a document about one object, whose metadata is at most 8 KiB.
	maxResource = mib
	// maxError limits the body of an error.
	maxError = mib
	// maxHeader limits the headers of a response, which have a few KiB.
	maxHeader = mib
	// maxDrain is how much of an unwanted response is read so that the connection can
	// be used again.
	maxDrain = 64 * kib
)

// notGCS is in the text of every error for a response that isn't the service's.
const notGCS = "this isn't a GCS endpoint, or something in front of it answered"

// response is the response of the service, or of something in its place.
type response struct {
	status  int
	reason  string // the service's code for an error, or ""
	message string // the service's text for an error
	genuine bool   // the response is the service's own
	bare    bool   // it has no body
	torn    bool   // the connection ended inside its body
	broke   string // why it ended there
	why     string // why it isn't the service's
}

// String returns the words for an error's text.
func (a response) String() string {
	words := "the service answered " + strconv.Itoa(a.status)
	if a.reason != "" {
		words += " " + a.reason
	}
	return words
}

var errAway = errors.New("the response came from another host")

// errorOf reads an error of one of the service's two forms:
//   - https://cloud.google.com/storage/docs/json_api/v1/status-codes
//   - https://cloud.google.com/storage/docs/xml-api/reference-status
//
// ok is false for anything else. status is the one in the body, or 0.
func errorOf(content []byte) (status int, reason, message string, ok bool) {
	content = bytes.TrimSpace(bytes.TrimPrefix(content, []byte("\uFEFF")))
	if len(content) == 0 || len(content) > maxError {
		return 0, "", "", false
	}
	switch {
	case content[0] == '{' && bounds.JSON(content):
		var doc struct {
			Error *struct {
				Code    int    `json:"code"`
				Message string `json:"message"`
				Status  string `json:"status"`
				Errors  []struct {
					Reason  string `json:"reason"`
					Message string `json:"message"`
				} `json:"errors"`
			} `json:"error"`
		}
		if json.Unmarshal(content, &doc) != nil || doc.Error == nil || doc.Error.Code < 300 {
			return 0, "", "", false
		}
		e := doc.Error
		reason, message = e.Status, e.Message
		if len(e.Errors) > 0 {
			reason = e.Errors[0].Reason
			message += " " + e.Errors[0].Message
		}
		return e.Code, safeCode(reason), message, true
	case content[0] == '<' && bounds.XML(content):
		var doc struct {
			XMLName xml.Name
			Code    string
			Message string
			Details string
		}
		if xml.Unmarshal(content, &doc) != nil || doc.XMLName.Local != "Error" {
			return 0, "", "", false
		}
		reason = safeCode(strings.TrimSpace(doc.Code))
		return 0, reason, doc.Message + " " + doc.Details, reason != ""
	}
	return 0, "", "", false
}

// safeCode returns a reason if it is a single word, which can't contain a name or a
// secret.
func safeCode(s string) string {
	for _, c := range s {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_') {
			return ""
		}
	}
	if len(s) > 64 {
		return ""
	}
	return s
}

// errorResponseOf reads the body of a response that refuses a request.
func errorResponseOf(status int, content []byte, err error) response {
	a := response{status: status}
	code, reason, message, ok := errorOf(content)
	switch {
	case err == bounds.ErrTooLong:
		a.why = "it is longer than " + strconv.Itoa(maxError/mib) + " MiB"
	case err != nil:
		a.torn, a.broke = true, connect.Broke(err)
	case ok && (code == status || code == 0):
		a.genuine, a.reason, a.message = true, reason, message
	case len(bytes.TrimSpace(content)) == 0:
		a.bare = true
		a.genuine = bareStatus(status)
	case status == http.StatusBadRequest && bytes.Contains(content, []byte(wrongSum)):
		a.genuine, a.message = true, wrongSum // uploads report it in plain text too
	}
	return a
}

// bareStatus reports whether the service sends the status without a body
// (https://cloud.google.com/storage/docs/json_api/v1/status-codes).
func bareStatus(status int) bool {
	return status == http.StatusLengthRequired || status == http.StatusGone ||
		status == statusClientGone
}

// wrongSum is in the service's message, in either API, about content that was damaged.
const wrongSum = "doesn't match calculated"

// statusError maps a response that refuses a request, and reads its body.
func (b *backend) statusError(ctx context.Context, c *call, resp *http.Response) error {
	content, err := bounds.ReadAll(resp.Body, maxError)
	resp.Body.Close()
	if err != nil && err != bounds.ErrTooLong && ctx.Err() != nil {
		return b.transportError(ctx, c, err)
	}
	return c.responseError(errorResponseOf(resp.StatusCode, content, err), resp, content, err)
}

// responseError makes the response's error. errors.As finds the *googleapi.Error.
func (c *call) responseError(a response, resp *http.Response, content []byte, broken error) error {
	cause := &responseFailure{
		cause: &googleapi.Error{Code: a.status},
		after: retryAfter(resp.Header),
	}
	if len(content) > maxError || !bounds.JSON(content) {
		content = nil // not the service's
	}
	checked := googleapi.CheckResponseWithBody(resp, content)
	if e, ok := errors.AsType[*googleapi.Error](checked); ok { // nil only for 2xx
		cause.cause = e
	}
	var err error = cause
	if broken != nil {
		err = errors.Join(cause, broken)
	}
	words, kind := a.kind(c.op, c.conds)
	err = driver.WithCause(kind, err, words)
	switch {
	case a.leavesOpen(kind):
		return c.markUncertain(err)
	case !a.genuine && c.last:
		return &proxyRefusal{err}
	}
	return err
}

// badResponse is the error for a success that lacks what the protocol promises.
func (c *call) badResponse(resp *http.Response, why string) error {
	a := response{status: resp.StatusCode, why: why}
	return c.responseError(a, resp, nil, nil)
}

// leavesOpen reports whether the request may have been carried out, whatever the response
// says: a proxy can't know what the service did (P2).
func (a response) leavesOpen(kind error) bool {
	switch {
	case a.torn, a.status == http.StatusRequestTimeout, a.status == statusClientGone:
		return true
	case a.status == http.StatusNotImplemented:
		return false
	case a.status == http.StatusTooManyRequests:
		return !a.genuine
	case a.status < 300:
		return !a.genuine || kind == files.ErrUnavailable
	}
	return a.status >= 500
}

// document is the response to a request of the JSON API.
type document interface {
	// reset discards a previous response.
	reset()
	// limit is its largest size in bytes.
	limit() int64
	// invalid says what is wrong with the response, or "".
	invalid() string
}

// readDocument reads a response into out. If out is nil, the response must have no
// document.
func (c *call) readDocument(resp *http.Response, content []byte, out document) error {
	if code, reason, message, ok := errorOf(content); ok { // an error with a success's status
		a := response{
			status:  max(code, resp.StatusCode),
			reason:  reason,
			message: message,
			genuine: true,
		}
		return c.responseError(a, resp, content, nil)
	}
	if out == nil {
		return c.readNothing(resp, content)
	}
	out.reset()
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusCreated {
		return c.badResponse(resp, "no status of such a response")
	}
	if len(bytes.TrimSpace(content)) == 0 {
		return c.badResponse(resp, "without a body")
	}
	if !bounds.JSON(content) {
		return c.badResponse(resp, "with more values than it can have")
	}
	if _, listed := out.(*page); listed {
		content = oddtext.JSON(content)
	}
	if err := json.Unmarshal(content, out); err != nil {
		s, ok := errors.AsType[*json.SyntaxError](err)
		if ok && content[0] == '{' && s.Offset >= int64(len(content)) {
			return io.ErrUnexpectedEOF // the body was cut
		}
		return c.badResponse(resp, "with a body that isn't JSON of its form")
	}
	if why := out.invalid(); why != "" {
		return c.badResponse(resp, why)
	}
	return nil
}

// readNothing reads the response to a deletion, which is 204 without a body. Emulators
// answer 200 with an empty JSON value.
func (c *call) readNothing(resp *http.Response, content []byte) error {
	content = bytes.TrimSpace(content)
	switch {
	case resp.StatusCode == http.StatusNoContent:
		return nil
	case resp.StatusCode != http.StatusOK:
		return c.badResponse(resp, "no status of a deletion")
	case string(content) == "null", string(content) == "{}":
		return nil
	case len(content) == 0 && resp.Header.Get("X-Guploader-Uploadid") != "": // the service's own
		return nil
	case len(content) == 0:
		return c.badResponse(resp, "without a body")
	}
	return c.badResponse(resp, "with a body, which it never has")
}
