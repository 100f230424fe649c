package azure

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/proxy"
	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// open opens a URL with additional parameters.
func open(t conformance.T, raw string, params ...string) files.Bucket {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatalf("parsing the URL: %v", err)
	}
	q := u.Query()
	for i := 0; i < len(params); i += 2 {
		q.Set(params[i], params[i+1])
	}
	u.RawQuery = q.Encode()
	b, err := files.Open(t.Context(), u.String())
	if err != nil {
		t.Fatalf("files.Open: %v", err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// patient has the waits of tests that count requests: on a loaded machine the emulator may
// need more than a minute for blocks of many megabytes, which then would be sent again.
var patient = []string{"timeout", "10m", "read_timeout", "10m"}

// proxied opens an empty store through a proxy, which hasn't recorded any request yet.
func proxied(t *testing.T, params ...string) (files.Bucket, *proxy.Proxy) {
	t.Helper()
	b, p, _ := proxiedBeside(t, params...)
	return b, p
}

// proxiedBeside is proxied, and also returns the same store without the proxy.
func proxiedBeside(t *testing.T, params ...string) (files.Bucket, *proxy.Proxy, files.Bucket) {
	t.Helper()
	server := testserver.Start(t, testserver.Azurite)
	if server.User {
		t.Skip("a user's account has no proxy")
	}
	p := proxy.Start(t, proxy.Azure, server.Endpoint, nil)
	store := server.Store(t)
	b := open(t, store, slices.Concat(patient,
		[]string{"domain", p.Addr(), "protocol", "http"}, params)...)
	p.Reset()
	return b, p, open(t, store)
}

// onHandler is a bucket whose service is the handler.
func onHandler(t *testing.T, h http.Handler) files.Bucket {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	client, err := container.NewClientWithNoCredential(server.URL+"/container", nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := New(client, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// send sends a signed request.
func send(t conformance.T, _ files.Bucket, s files.SignedURL, content []byte) (int, []byte) {
	req, err := http.NewRequestWithContext(t.Context(), s.Method, s.URL, bytes.NewReader(content))
	if err != nil {
		t.Fatalf("the signed request: %v", err)
	}
	for k, v := range s.Header {
		req.Header[k] = v
	}
	r, err := transport().Do(req)
	if err != nil {
		t.Fatalf("sending the signed request: %v", err)
	}
	defer r.Body.Close()
	p, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatalf("reading the response to the signed request: %v", err)
	}
	return r.StatusCode, p
}

// put stores text.
func put(t *testing.T, b files.Bucket, name, text string, opts *files.PutOptions) files.Info {
	t.Helper()
	info, err := files.PutString(t.Context(), b, name, text, opts)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// wantText fails if the file has other content.
func wantText(t *testing.T, b files.Bucket, name, want string) {
	t.Helper()
	if got, err := files.ReadString(t.Context(), b, name, nil); err != nil || got != want {
		t.Errorf("%s has %.40q, %v; want %.40q", name, got, err, want)
	}
}
