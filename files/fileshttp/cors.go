package fileshttp

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// CORS says which web pages of other origins may use a handler from a browser (the
// protocol of the Fetch standard). A nil *CORS allows none. Credentials such as cookies
// are never allowed. It is safe for concurrent use while it is not changed.
type CORS struct {
	// Origins are the origins that are allowed, such as "https://app.example.com"; "*"
	// allows all.
	Origins []string
	// Headers are the request's fields that pages may set. If it is empty, they are the
	// fields that the handlers of this package read.
	Headers []string
	// MaxAge is how long a browser may keep the answer to a preflight request; 0 leaves
	// it to the browser.
	MaxAge time.Duration
}

// requestHeaders are the fields that the handlers read. exposed are the fields of the
// answers that pages may read, beside those that they always may.
var requestHeaders = []string{
	"Content-Type", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Md5",
	"Content-Digest", "Repr-Digest",
	"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range", "Range",
}

const exposed = "Accept-Ranges, Content-Disposition, Content-Encoding, Content-Length, " +
	"Content-Range, Etag, Repr-Digest"

// Answer sets the fields of the protocol for a request that comes from another origin.
// It answers a preflight request completely, and reports whether it did. methods are
// those that the handler takes: "GET, HEAD". It does not answer a preflight request of
// an origin that isn't allowed.
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
