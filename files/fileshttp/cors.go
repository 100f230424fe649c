package fileshttp

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// CORS says which web pages of other origins may use a handler from a browser (the
// Fetch standard's protocol). A nil *CORS lets none. Credentials such as cookies are
// never allowed. It is safe for concurrent use while it is not changed.
type CORS struct {
	// Origins are those that are allowed, such as "https://app.example.com"; "*" allows
	// all.
	Origins []string
	// Headers are the request's fields that pages may set. Empty means those that the
	// handlers of this package read.
	Headers []string
	// MaxAge is how long a browser may keep the answer to a preflight request; 0 leaves
	// it to the browser.
	MaxAge time.Duration
}

// requestHeaders are the fields that the handlers read; exposed are those that pages
// may read of the answers, beside the ones that they always may.
var requestHeaders = []string{
	"Content-Type", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Md5",
	"Content-Digest", "Repr-Digest",
	"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range", "Range",
}

const exposed = "Accept-Ranges, Content-Disposition, Content-Encoding, Content-Length, " +
	"Content-Range, Etag, Repr-Digest"

// Answer sets the fields of the protocol for a request that comes from another origin,
// and answers it whole where it is a preflight request; it reports whether it did.
// methods are those that the handler takes: "GET, HEAD". A preflight request of an
// origin that isn't allowed is not answered.
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
