package gcs

import (
	"net/http"
	"net/url"
	"testing"

	"cloudfiles.dev/files"
)

// TestSignedBy: each option is a signed parameter or a signed header, under the name that
// the service documents.
func TestSignedBy(t *testing.T) {
	t.Setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:1") // nothing is asked
	b, err := files.Open(t.Context(), "gs://bucket?"+signParams(t))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for what, c := range map[string]struct {
		o      files.SignOptions
		header http.Header
		query  url.Values
	}{
		"response": {
			files.SignOptions{ResponseType: "text/x-own", ResponseDisposition: "attachment"},
			nil,
			url.Values{
				"response-content-type":        {"text/x-own"},
				"response-content-disposition": {"attachment"},
			},
		},
		"put": {
			files.SignOptions{Method: "PUT", Size: 7, IfAbsent: true},
			http.Header{
				"X-Goog-Content-Length-Range": {"7,7"},
				"X-Goog-If-Generation-Match":  {"0"},
			},
			url.Values{"X-Goog-SignedHeaders": {
				"host;x-goog-content-length-range;x-goog-if-generation-match",
			}},
		},
	} {
		s, err := files.SignURL(t.Context(), b, "a", &c.o)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range c.query {
			if u.Query().Get(k) != v[0] {
				t.Errorf("%s: %s is %q, want %q", what, k, u.Query().Get(k), v[0])
			}
		}
		for k, v := range c.header {
			if http.Header(s.Header).Get(k) != v[0] {
				t.Errorf("%s: the header %s is %q, want %q", what, k, s.Header[k], v[0])
			}
		}
	}
}
