package fileshttp_test

import (
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files/fileshttp"
)

// TestIndexOrListing: a directory without the Index is listed if Listing is set, as in
// net/http, and its path without the slash isn't 404.
func TestIndexOrListing(t *testing.T) {
	b := mem.New(nil)
	fill(t, b, "plain/x", "web/index.html")
	h := &fileshttp.Handler{Bucket: b, Index: "index.html", Listing: true}
	for _, tt := range []struct {
		path   string
		status int
		body   string
	}{
		{"/", 200, ">plain/</a>"},
		{"/plain/", 200, ">x</a>"},
		{"/plain", 301, ""},
		{"/web/", 200, "content of web/index.html"},
		{"/none/", 404, "Not Found"},
		{"/plain/x/", 404, "Not Found"},
	} {
		for _, method := range []string{"GET", "HEAD"} {
			w := do(h, method, tt.path, "")
			if w.Code != tt.status || method == "GET" && !strings.Contains(w.Body.String(),
				tt.body) {
				t.Errorf("%s %s = %d, %q, want %d and %q",
					method, tt.path, w.Code, w.Body, tt.status, tt.body)
			}
		}
	}
}

// TestWithoutBucket: without a bucket the response is 500, and nothing panics.
func TestWithoutBucket(t *testing.T) {
	h := &fileshttp.Handler{Listing: true, MaxUpload: 10, AllowDelete: true}
	for _, method := range []string{"GET", "HEAD", "PUT", "DELETE"} {
		for _, path := range []string{"/", "/a", "/a/"} {
			if w := do(h, method, path, ""); w.Code != 500 {
				t.Errorf("%s %s = %d, want 500", method, path, w.Code)
			}
		}
	}
}
