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

// notAzure is in the text of every error for a response that isn't the service's.
const notAzure = "this isn't an Azure Blob endpoint, or something in front of it answered"

// badResponse is a response that doesn't count as the SDK reads it: it isn't the
// service's, it is an error of the service with a success's status, or it is about a
// directory.
type badResponse struct {
	status int
	code   string // of a service's own error
	bare   bool   // it has no body
	why    string // what is wrong with it
	isDir  bool   // it is about a directory, which is not a file
	cause  error  // the SDK's error, if any
}

func (t *badResponse) Error() string {
	return "response " + strconv.Itoa(t.status) + " " + t.code + t.why
}
func (t *badResponse) Unwrap() error { return t.cause }

// checkResponse returns nil for a response that the operation may have. Of a listing it
// reads what p can, which may be nil. See
// https://learn.microsoft.com/rest/api/storageservices/operations-on-blobs
func (b *backend) checkResponse(o op, resp *http.Response, p *page) *badResponse {
	status := resp.StatusCode
	refuse := func(why string) *badResponse { return &badResponse{status: status, why: why} }
	base := o.base()
	switch {
	case b.elsewhere(resp):
		return refuse("it came from another host")
	case status == http.StatusNotModified && o&ifNone == 0:
		return refuse("the request had no such condition")
	case status == http.StatusNotModified:
		return nil
	case status >= 300:
		return checkErrorResponse(resp)
	case status < 200 || status != base.success() && (base != opGet ||
		status != http.StatusPartialContent):
		if t := errorInSuccess(resp); t != nil {
			return t
		}
		return refuse("no status of such a response")
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
		return refuse("without the responses to its parts")
	}
	body, broken := bodyOf(resp, maxDocument)
	if broken != "" {
		return refuse(broken)
	}
	if !bounds.XML(body) {
		resp.Body = http.NoBody
		return refuse("it has more elements than it can have")
	}
	root := rootOf(body)
	switch {
	case root == "Error":
		return errorInSuccess(resp)
	case base == opList && root != "EnumerationResults":
		return refuse("without the element EnumerationResults")
	case base == opList && p.read(resp, body):
	case base == opList:
		if page := repairPage(body); !bytes.Equal(page, body) {
			resp.Body = io.NopCloser(bytes.NewReader(page))
		}
	case base == opBlocks && root != "BlockList":
		return refuse("without the element BlockList")
	case base == opBlocks:
	case len(bytes.TrimSpace(body)) > 0:
		return refuse("with a body, which it never has")
	case base.commits() && tagOf(resp.Header) == "":
		return refuse("without an ETag")
	}
	return nil
}

// checkBlobResponse checks the responses to Get Blob and Get Blob Properties.
func checkBlobResponse(base op, resp *http.Response) *badResponse {
	h, status := resp.Header, resp.StatusCode
	refuse := func(why string) *badResponse { return &badResponse{status: status, why: why} }
	ranged := h.Get("Content-Range") != ""
	switch {
	case tagOf(h) == "":
		return refuse("without an ETag")
	case !isService(h) && isWebServer(h):
		return refuse("of a web server")
	case status == http.StatusPartialContent && !ranged:
		return refuse("a part without a Content-Range")
	case resp.ContentLength < 0 && h.Get("Content-Length") == "" && (base == opStat || !ranged):
		return refuse("without a length")
	case isDirMarker(h):
		return &badResponse{status: http.StatusNotFound, isDir: true}
	}
	return nil
}

// checkErrorResponse returns nil for the service's own errors, which the SDK reads.
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
	// the response to a HEAD has no body
	head := resp.Request != nil && resp.Request.Method == http.MethodHead
	if _, ok := errorCode(body); ok || head && isService(resp.Header) {
		return nil
	}
	return &badResponse{status: resp.StatusCode, bare: bare}
}

// errorInSuccess returns the service's error that has a success's status, or nil.
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

// bodyOf returns the response's whole body, which can then be read again. For most
// responses the SDK has already read the body into memory, whatever its length: only
// the transport can limit those. The others are read up to the limit. broken says why
// there is no body.
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

// elsewhere reports whether the HTTP client has followed a redirect to another endpoint.
func (b *backend) elsewhere(resp *http.Response) bool {
	if resp.Request == nil || resp.Request.URL == nil || b.endpoint == nil {
		return false
	}
	u := resp.Request.URL
	return u.Scheme != b.endpoint.Scheme || !strings.EqualFold(u.Host, b.endpoint.Host)
}

// isService reports whether the headers have something that only the service sends:
// each of its responses has the request's ID and the protocol's version.
func isService(h http.Header) bool {
	for _, key := range [...]string{"X-Ms-Request-Id", "X-Ms-Version", "X-Ms-Blob-Type"} {
		if h.Get(key) != "" {
			return true
		}
	}
	return false
}

// isWebServer reports whether another web server sent the response.
func isWebServer(h http.Header) bool {
	server := strings.ToLower(h.Get("Server"))
	return strings.HasPrefix(h.Get("Content-Type"), "text/html") ||
		server != "" && !strings.Contains(server, "azur")
}

// tagOf is the ETag without its quotes.
func tagOf(h http.Header) string {
	return strings.Trim(strings.TrimPrefix(h.Get("Etag"), "W/"), `"`)
}

// rootOf is the name of a document's root element, or "" if the body isn't a document.
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

// errorCode reads the service's own error document; ok is false for anything else. See
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

// safeCode returns a code if it is a single word, which can't contain a name or a secret.
func safeCode(s string) string {
	if len(s) > 64 || strings.ContainsFunc(s, func(c rune) bool {
		return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9')
	}) {
		return ""
	}
	return s
}
