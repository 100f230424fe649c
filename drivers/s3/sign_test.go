package s3

import (
	"net/http"
	"testing"

	"cloudfiles.dev/files"
)

// TestSignedResponse: each S3 server in CI sends the type and the disposition that were
// signed.
func TestSignedResponse(t *testing.T) {
	onEachServer(t, func(t *testing.T, b files.Bucket) {
		must(files.PutString(t.Context(), b, "a ü.txt", "hello", nil))
		const disposition = `attachment; filename="b+&.txt"`
		signed := must(files.SignURL(t.Context(), b, "a ü.txt", &files.SignOptions{
			ResponseType:        "text/x-own",
			ResponseDisposition: disposition,
		}))
		r := must(http.Get(signed.URL))
		r.Body.Close()
		if r.StatusCode != 200 || r.Header.Get("Content-Type") != "text/x-own" ||
			r.Header.Get("Content-Disposition") != disposition {
			t.Errorf("%s, %v, want %q, %q and 200", r.Status, r.Header, "text/x-own", disposition)
		}
	})
}

// TestSignIfAbsentNeedsProof: a store that isn't known to keep If-None-Match gets no
// signed PUT that relies on it, and no request.
func TestSignIfAbsentNeedsProof(t *testing.T) {
	b := New(offlineClient("http://127.0.0.1:1"), "bucket", nil)
	defer b.Close()
	o := files.SignOptions{Method: "PUT", IfAbsent: true}
	_, err := files.SignURL(t.Context(), b, "a", &o)
	if claimed := b.Features().SignIfAbsent; claimed == (err != nil) || claimed {
		t.Errorf("an unknown store: claimed %v, %v", claimed, err)
	}
}
