package azure

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/signing"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// TestSignedResponse: the service sends the type and the disposition that were signed.
func TestSignedResponse(t *testing.T) {
	server := testserver.Start(t, testserver.Azurite)
	b := open(t, server.Store(t))
	put(t, b, "a ü.txt", "hello", nil)
	const disposition = `attachment; filename="b+&.txt"`
	s, err := files.SignURL(t.Context(), b, "a ü.txt", &files.SignOptions{
		ResponseType:        "text/x-own",
		ResponseDisposition: disposition,
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != 200 || r.Header.Get("Content-Type") != "text/x-own" ||
		r.Header.Get("Content-Disposition") != disposition {
		t.Errorf("%s, %v, want %q, %q and 200", r.Status, r.Header, "text/x-own", disposition)
	}
}

// withKey is a bucket over a caller's client that has the account's key, and a service
// that fails the test if it is asked.
func withKey(t *testing.T) files.Bucket {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("signing made the request %s %s", r.Method, r.URL.Path)
	}))
	t.Cleanup(server.Close)
	cred, err := container.NewSharedKeyCredential("account", "a2V5")
	if err != nil {
		t.Fatal(err)
	}
	c, err := container.NewClientWithSharedKeyCredential(server.URL+"/account/box", cred, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := New(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// TestNothingElseSigned: what a shared access signature can't bind is ErrUnsupported,
// also if the account's key is there: upload forms, parts of uploads, a HEAD that allows
// no GET, sizes and conditions. So are a response's headers if the key is only in a
// caller's client.
func TestNothingElseSigned(t *testing.T) {
	b := withKey(t)
	if _, err := files.SignURL(t.Context(), b, "a", nil); err != nil {
		t.Fatalf("the bucket can't sign at all: %v", err)
	}
	_, err := signing.SignPost(t.Context(), b, "a", &signing.PostOptions{MaxSize: 1})
	if !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("SignPost: %v, want ErrUnsupported", err)
	}
	_, err = signing.BeginUpload(t.Context(), b, "a", &signing.UploadOptions{Size: 1})
	if !errors.Is(err, errors.ErrUnsupported) ||
		!strings.Contains(err.Error(), "a URL that allows a block allows a whole blob") {
		t.Errorf("BeginUpload: %v, want ErrUnsupported with the reason", err)
	}
	for _, o := range []files.SignOptions{
		{Method: "HEAD"},
		{Method: "PUT", ContentType: "text/plain"},
		{Method: "PUT", Size: 1},
		{Method: "PUT", MaxSize: 1},
		{Method: "PUT", IfAbsent: true},
		{ResponseType: "text/plain"},
		{ResponseDisposition: "attachment"},
	} {
		if s, err := files.SignURL(t.Context(), b, "a", &o); !errors.Is(err,
			errors.ErrUnsupported) {
			t.Errorf("%+v: %v, %v, want ErrUnsupported", o, s, err)
		}
	}
}
