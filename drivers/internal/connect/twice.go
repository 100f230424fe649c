package connect

import (
	"net/http"
)

// Twice is the error for a response that has a header more than once with different
// values, though only one can be true, because two servers, or two parts of a proxy,
// have written it.
type Twice struct{ Header string }

func (t *Twice) Error() string {
	return "the response has the header " + t.Header + " more than once, with different values"
}

// single are the headers that say which content a response has. net/http itself refuses
// two lengths.
var single = [...]string{
	"Etag", "Content-Range", "X-Goog-Generation", "X-Goog-Stored-Content-Length",
}

// twice returns a Twice if one of these headers has two values.
func twice(h http.Header) error {
	for _, name := range single {
		values := h[name]
		for _, v := range values[min(1, len(values)):] {
			if v != values[0] {
				return &Twice{name}
			}
		}
	}
	return nil
}
