package gcs

import (
	"net/http"
	"testing"

	"cloud.google.com/go/storage"
	"cloudfiles.dev/files"
	"google.golang.org/api/option"
)

// TestClientEndpointFound: the SDK has the layout that clientInternals expects.
func TestClientEndpointFound(t *testing.T) {
	t.Setenv("STORAGE_EMULATOR_HOST", "")
	own := &http.Client{Transport: http.DefaultTransport}
	c, err := storage.NewClient(t.Context(), option.WithHTTPClient(own))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	hc, endpoint, ok := clientInternals(c)
	if !ok || hc != own || endpoint != "https://storage.googleapis.com" {
		t.Errorf("clientInternals of a *storage.Client = %v, %q, %v", hc == own, endpoint, ok)
	}
	if _, _, ok := clientInternals(&storage.Client{}); ok {
		t.Error("clientInternals of an empty *storage.Client = ok")
	}
	g, err := storage.NewGRPCClient(t.Context(), option.WithoutAuthentication(),
		option.WithEndpoint("127.0.0.1:1"))
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if _, err := New(g, "bucket", nil); files.KindOf(err) != files.ErrInvalid {
		t.Errorf("New of a gRPC client = %v, want ErrInvalid", err)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Setenv("STORAGE_EMULATOR_HOST", "")
	c, err := storage.NewClient(t.Context(), option.WithHTTPClient(http.DefaultClient))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for what, try := range map[string]func() (files.Bucket, error){
		"a nil client":          func() (files.Bucket, error) { return New(nil, "bucket", nil) },
		"no bucket":             func() (files.Bucket, error) { return New(c, "", nil) },
		"a bucket with a slash": func() (files.Bucket, error) { return New(c, "a/b", nil) },
		"an odd part size": func() (files.Bucket, error) {
			return New(c, "bucket", &Options{PartSize: 1000})
		},
		"a negative part size": func() (files.Bucket, error) {
			return New(c, "bucket", &Options{PartSize: -partUnit})
		},
		"a wrong endpoint": func() (files.Bucket, error) {
			return New(c, "bucket", &Options{Endpoint: "storage.googleapis.com"})
		},
		"a wrong key": func() (files.Bucket, error) {
			return New(c, "bucket", &Options{AccessID: "a@b", PrivateKey: []byte("no key")})
		},
	} {
		if b, err := try(); b != nil || files.KindOf(err) != files.ErrInvalid {
			t.Errorf("New with %s = %v, want ErrInvalid", what, err)
		}
	}
}

// TestNewLeavesTheClientOpen: Close of the bucket leaves the caller's client open (X3).
func TestNewLeavesTheClientOpen(t *testing.T) {
	t.Setenv("STORAGE_EMULATOR_HOST", "")
	closed := &closeCounter{}
	c, err := storage.NewClient(t.Context(), option.WithHTTPClient(&http.Client{Transport: closed}))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	b, err := New(c, "bucket", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := files.As[*storage.Client](b); !ok || got != c {
		t.Error("As doesn't return the caller's client")
	}
	if err := b.Close(); err != nil || closed.n != 0 {
		t.Errorf("Close = %v, and connections were closed %d times, want nil and 0", err, closed.n)
	}
}

type closeCounter struct{ n int }

func (c *closeCounter) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, http.ErrNotSupported
}
func (c *closeCounter) CloseIdleConnections() { c.n++ }
