package fileshttp

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// CORS says which web pages of other origins may use a handler (the CORS protocol of
// the Fetch standard). A nil *CORS allows none. Credentials such as cookies are never
// allowed. It is safe for concurrent use; its fields must not change while it is in
// use.
type CORS struct {
	// Origins has the allowed origins, such as "https://app.example.com". "*" allows all,
	// and an empty list none.
	Origins []string
	// Headers has the request fields that pages may set. If it is empty, pages may set
	// the fields that the handlers of this package read.
	Headers []string
	// MaxAge is how long a browser may cache the response to a preflight request; 0
	// leaves that to the browser.
	MaxAge time.Duration
}

// requestHeaders are the fields that the handlers read. exposed are the response fields
// that pages may read, in addition to the fields that every page may read.
var requestHeaders = []string{
	"Content-Type", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Md5",
	"Content-Digest", "Repr-Digest",
	"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range", "Range",
}

const exposed = "Accept-Ranges, Content-Disposition, Content-Encoding, Content-Length, " +
	"Content-Range, Etag, Repr-Digest"

// Answer sets the response fields of the protocol if the request comes from another
// origin. If the request is a preflight request and the origin is allowed, Answer sends
// the whole response and returns true. methods are the methods that the handler
// accepts, such as "GET, HEAD".
func (c *CORS) Answer(w http.ResponseWriter, r *http.Request, methods string) bool {
	if c == nil {
		return false
	}
	h := w.Header()
	all := slices.Contains(c.Origins, "*")
	if !all {
		h.Add("Vary", "Origin")
	}
	origin := r.Header.Get("Origin")
	if origin == "" || !all && !slices.Contains(c.Origins, origin) {
		return false
	}
	if all {
		origin = "*"
	}
	h.Set("Access-Control-Allow-Origin", origin)
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		h.Set("Access-Control-Expose-Headers", exposed)
		return false
	}
	allowed := c.Headers
	if len(allowed) == 0 {
		allowed = requestHeaders
	}
	h.Set("Access-Control-Allow-Methods", methods)
	h.Set("Access-Control-Allow-Headers", strings.Join(allowed, ", "))
	if c.MaxAge > 0 {
		h.Set("Access-Control-Max-Age", strconv.FormatInt(int64(c.MaxAge/time.Second), 10))
	}
	w.WriteHeader(http.StatusNoContent)
	return true
}
