package azure

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/http"
	"strconv"
	"strings"

	"cloudfiles.dev/drivers/internal/bounds"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// notAzure is in the text of every error that stands for a response that isn't the
// service's.
const notAzure = "this isn't an Azure Blob endpoint, or something in front of it answered"

// badResponse is a response that doesn't count as the SDK reads it: it isn't the
// service's, or it is its error with a status of success, or it is of a directory.
type badResponse struct {
	status int
	code   string // of an error of the service's own
	bare   bool   // it has no body
	why    string // what is missing
	isDir  bool   // it is of a directory, which is no file
	cause  error  // the SDK's, if any
}

func (t *badResponse) Error() string {
	return "answer " + strconv.Itoa(t.status) + " " + t.code + t.why
}
func (t *badResponse) Unwrap() error { return t.cause }

// checkResponse returns nil for a response that the operation can have. See
// https://learn.microsoft.com/rest/api/storageservices/operations-on-blobs
func (b *backend) checkResponse(o op, resp *http.Response) *badResponse {
	status := resp.StatusCode
	foreign := func(why string) *badResponse { return &badResponse{status: status, why: why} }
	base := o.base()
	switch {
	case b.elsewhere(resp):
		return foreign("it came from another host")
	case status == http.StatusNotModified && o&ifNone == 0:
		return foreign("nobody asked whether it has changed")
	case status == http.StatusNotModified:
		return nil
	case status >= 300:
		return checkErrorResponse(resp)
	case status < 200 || status != base.success() && (base != opGet ||
		status != http.StatusPartialContent):
		if t := errorInSuccess(resp); t != nil {
			return t
		}
		return foreign("no status of such a response")
	case base == opGet, base == opStat:
		return checkBlobResponse(base, resp)
	case base == opBatch:
		kind := strings.ToLower(resp.Header.Get("Content-Type"))
		if strings.HasPrefix(kind, "multipart/mixed") {
			return nil
		}
		if t := errorInSuccess(resp); t != nil {
			return t
		}
		return foreign("without the responses to its parts")
	}
	body, broken := bodyOf(resp, maxAnswer)
	if broken != "" {
		return foreign(broken)
	}
	if !bounds.XML(body) {
		resp.Body = http.NoBody
		return foreign("it has more elements than it can have")
	}
	root := rootOf(body)
	switch {
	case root == "Error":
		return errorInSuccess(resp)
	case base == opList && root != "EnumerationResults":
		return foreign("without the element EnumerationResults")
	case base == opList:
		if page := repairPage(body); !bytes.Equal(page, body) {
			resp.Body = io.NopCloser(bytes.NewReader(page))
		}
	case base == opBlocks && root != "BlockList":
		return foreign("without the element BlockList")
	case base == opBlocks:
	case len(bytes.TrimSpace(body)) > 0:
		return foreign("with a body, which it never has")
	case base.commits() && tagOf(resp.Header) == "":
		return foreign("without an ETag")
	}
	return nil
}

// checkBlobResponse is for the responses to Get Blob and Get Blob Properties.
func checkBlobResponse(base op, resp *http.Response) *badResponse {
	h, status := resp.Header, resp.StatusCode
	foreign := func(why string) *badResponse { return &badResponse{status: status, why: why} }
	ranged := h.Get("Content-Range") != ""
	switch {
	case tagOf(h) == "":
		return foreign("without an ETag")
	case !isOwn(h) && isOthers(h):
		return foreign("of a web server")
	case status == http.StatusPartialContent && !ranged:
		return foreign("a part without a Content-Range")
	case resp.ContentLength < 0 && h.Get("Content-Length") == "" && (base == opStat || !ranged):
		return foreign("without a length")
	case isDirMarker(h):
		return &badResponse{status: http.StatusNotFound, isDir: true}
	}
	return nil
}

// checkErrorResponse leaves the service's own errors to the SDK.
func checkErrorResponse(resp *http.Response) *badResponse {
	if safeCode(resp.Header.Get("X-Ms-Error-Code")) != "" {
		return nil
	}
	body, broken := bodyOf(resp, maxError)
	if broken != "" {
		return &badResponse{status: resp.StatusCode, why: broken}
	}
	if !bounds.XML(body) {
		resp.Body = http.NoBody
		return &badResponse{status: resp.StatusCode, why: "it has more elements than it can have"}
	}
	bare := len(bytes.TrimSpace(body)) == 0
	// whose response has no body
	head := resp.Request != nil && resp.Request.Method == http.MethodHead
	if _, ok := errorCode(body); ok || head && isOwn(resp.Header) {
		return nil
	}
	return &badResponse{status: resp.StatusCode, bare: bare}
}

// errorInSuccess is the service's error that came with a status of success, or nil.
func errorInSuccess(resp *http.Response) *badResponse {
	body, broken := bodyOf(resp, maxError)
	if broken != "" {
		return &badResponse{status: resp.StatusCode, why: broken}
	}
	code, ok := errorCode(body)
	if !ok {
		if rootOf(body) != "Error" {
			return nil
		}
		return &badResponse{status: resp.StatusCode, why: "an error without a code"}
	}
	return &badResponse{status: resp.StatusCode, code: code}
}

// bodyOf is the response's whole body, which can be read again. The SDK has most of them
// in memory by then, whatever their length: only the transport can bound those. What it
// has left is read up to the limit. broken says why there is none.
func bodyOf(resp *http.Response, most int64) (body []byte, broken string) {
	if _, loaded := resp.Body.(io.Seeker); loaded {
		body, err := runtime.Payload(resp)
		if err != nil {
			return nil, "its body broke"
		}
		return body, ""
	}
	body, err := bounds.ReadAll(resp.Body, most)
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	switch {
	case err == bounds.ErrTooLong:
		return nil, "its body has more than " + strconv.FormatInt(most/mib, 10) + " MiB"
	case err != nil:
		return nil, "its body broke"
	}
	return body, ""
}

// elsewhere reports whether the HTTP client has followed a redirect off the endpoint.
func (b *backend) elsewhere(resp *http.Response) bool {
	if resp.Request == nil || resp.Request.URL == nil || b.endpoint == nil {
		return false
	}
	u := resp.Request.URL
	return u.Scheme != b.endpoint.Scheme || !strings.EqualFold(u.Host, b.endpoint.Host)
}

// isOwn reports whether the service has put something of its own into the header: each
// of its responses has the request's ID and the protocol's version.
func isOwn(h http.Header) bool {
	for _, key := range [...]string{"X-Ms-Request-Id", "X-Ms-Version", "X-Ms-Blob-Type"} {
		if h.Get(key) != "" {
			return true
		}
	}
	return false
}

// isOthers reports whether another web server answered for itself.
func isOthers(h http.Header) bool {
	server := strings.ToLower(h.Get("Server"))
	return strings.HasPrefix(h.Get("Content-Type"), "text/html") ||
		server != "" && !strings.Contains(server, "azur")
}

// tagOf is the ETag without its quotes.
func tagOf(h http.Header) string {
	return strings.Trim(strings.TrimPrefix(h.Get("Etag"), "W/"), `"`)
}

// rootOf is the name of a document's root element, "" if it isn't a document.
func rootOf(body []byte) string {
	if !bounds.XML(body) {
		return ""
	}
	if len(body) == 0 {
		return ""
	}
	for d := xml.NewDecoder(bytes.NewReader(body)); ; {
		token, err := d.RawToken()
		if err != nil {
			return ""
		}
		switch t := token.(type) {
		case xml.StartElement:
			return t.Name.Local
		case xml.CharData:
			if len(bytes.TrimSpace(t)) > 0 && !bytes.Equal(t, []byte("\uFEFF")) {
				return ""
			}
		}
	}
}

// errorCode reads the service's own error document; false for anything else. See
// https://learn.microsoft.com/rest/api/storageservices/status-and-error-codes2
func errorCode(body []byte) (string, bool) {
	if !bounds.XML(body) {
		return "", false
	}
	body = bytes.TrimPrefix(body, []byte("\uFEFF"))
	var e struct{ Code string }
	if rootOf(body) != "Error" || xml.Unmarshal(body, &e) != nil {
		return "", false
	}
	code := safeCode(strings.TrimSpace(e.Code))
	return code, code != ""
}

// safeCode returns a code if it is a plain word, which can't contain a name or a secret.
func safeCode(s string) string {
	if len(s) > 64 || strings.ContainsFunc(s, func(c rune) bool {
		return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9')
	}) {
		return ""
	}
	return s
}
