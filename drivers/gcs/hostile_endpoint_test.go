package gcs

import (
	"context"
	"net/http"
	"os"
	"testing"
	"time"

	"cloud.google.com/go/storage"
	ways "cloudfiles.dev/conformance/hostile"
	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/retry"
	"google.golang.org/api/option"
)

// TestHostileEndpoint: whatever the endpoint sends, the driver relies on nothing that
// Cloud Storage didn't send or prove. No exception is needed.
func TestHostileEndpoint(t *testing.T) {
	part := longtest.N(t, 8, 1)
	switch {
	case os.Getenv(ways.Full)+os.Getenv(ways.OnlyVariable) != "":
		part = 1
	case testing.Short():
		part = 10
	}
	ways.Run(t, hostileConfig(t, part))
}

// TestHostileTLS: the errors of failed TLS say which setting is wrong.
func TestHostileTLS(t *testing.T) {
	ways.RunTLS(t, hostileConfig(t, 1), ways.Fixes{
		TLS:       "https:// in STORAGE_EMULATOR_HOST",
		Plain:     "http:// in STORAGE_EMULATOR_HOST",
		Host:      "certificate's host in STORAGE_EMULATOR_HOST",
		Authority: "SSL_CERT_FILE",
	})
}

// hostileConfig tries one part of the ways.
func hostileConfig(t *testing.T, part int) ways.Config {
	t.Helper()
	transport := &http.Transport{
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeader, // as for a bucket opened by URL
	}
	t.Cleanup(transport.CloseIdleConnections)
	hc := &http.Client{Transport: bearer{transport}}
	client, err := storage.NewClient(context.Background(), option.WithHTTPClient(hc))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return ways.Config{
		Service: ways.GCS,
		Large:   partUnit + 1,
		Secrets: []string{"s3cr3t-token"},
		Part:    part,
		Open: func(endpoint string) files.Bucket {
			b, err := New(client, "bucket", &Options{
				HTTPClient: hc,
				Endpoint:   endpoint,
				PartSize:   partUnit,
				Retry: &retry.Policy{
					Attempts: 3,
					Delay:    time.Millisecond,
					MaxDelay: 2 * time.Millisecond,
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			return b
		},
	}
}

// bearer adds a token to each request, as an OAuth client does.
type bearer struct{ http.RoundTripper }

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer s3cr3t-token")
	return b.RoundTripper.RoundTrip(r)
}
