package gcs

import (
	"net/http"
	"testing"

	"cloud.google.com/go/storage"
	"cloudfiles.dev/drivers/internal/oddservice"
	"cloudfiles.dev/files"
	"google.golang.org/api/option"
)

// fixedTransport is the service as a transport.
type fixedTransport struct{ *oddservice.Fixed }

func (f fixedTransport) RoundTrip(req *http.Request) (*http.Response, error) { return f.Do(req) }

// TestEndedLookup: an error doesn't show the host if the context ended during its lookup.
func TestEndedLookup(t *testing.T) {
	oddservice.EndedLookup(t, func(t *testing.T, f *oddservice.Fixed) files.Bucket {
		c, err := storage.NewClient(t.Context(),
			option.WithHTTPClient(&http.Client{Transport: fixedTransport{f}}))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		b, err := New(c, "bucket", &Options{Retry: oddservice.Once})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { b.Close() })
		return b
	})
}
