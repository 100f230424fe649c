package gocloud

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
	"gocloud.dev/blob"
)

// TestToBlobRoundTripSigns: through ToBlob and New a signed URL has every option, the
// headers and the expiry of the bucket below, also those for which the Go CDK has no
// option.
func TestToBlobRoundTripSigns(t *testing.T) {
	for _, prefix := range []string{"", "p/"} {
		t.Run("prefix "+prefix, func(t *testing.T) {
			fake := filestest.New(t, filestest.As(filestest.S3))
			cdk := ToBlob(fake, nil)
			if prefix != "" {
				cdk = blob.PrefixedBucket(cdk, prefix)
			}
			b := New(cdk, nil)
			defer b.Close()
			send := func(o files.SignOptions, body string) *http.Response {
				t.Helper()
				s, err := files.SignURL(t.Context(), b, "f", &o)
				if err != nil {
					t.Fatalf("SignURL with %+v: %v", o, err)
				}
				req, err := http.NewRequestWithContext(t.Context(), s.Method, s.URL,
					bytes.NewReader([]byte(body)))
				if err != nil {
					t.Fatal(err)
				}
				for k, v := range s.Header {
					req.Header[k] = v
				}
				resp, err := fake.Client().Do(req)
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				got, err := io.ReadAll(resp.Body)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body = io.NopCloser(bytes.NewReader(got))
				return resp
			}
			put := files.SignOptions{
				Method:      "PUT",
				ContentType: "text/plain",
				Size:        3,
				IfAbsent:    true,
			}
			for _, c := range []struct {
				o      files.SignOptions
				body   string
				status int
			}{
				{put, "four", http.StatusForbidden},
				{put, "abc", http.StatusOK},
				{put, "new", http.StatusPreconditionFailed},
				{files.SignOptions{Method: "HEAD"}, "", http.StatusOK},
				{files.SignOptions{}, "", http.StatusOK},
			} {
				if resp := send(c.o, c.body); resp.StatusCode != c.status {
					t.Errorf("%+v, %q: %s, want %d", c.o, c.body, resp.Status, c.status)
				}
			}
			if got := get(t, fake, prefix+"f", nil); got != "abc" {
				t.Errorf("the bucket has %q, want abc", got)
			}
			resp := send(files.SignOptions{
				ResponseType:        "text/csv",
				ResponseDisposition: "attachment",
			}, "")
			if h := resp.Header; h.Get("Content-Type") != "text/csv" ||
				h.Get("Content-Disposition") != "attachment" {
				t.Errorf("the response's header is %v, want %q and %q", h, "text/csv", "attachment")
			}
			_, err := files.SignURL(t.Context(), b, "f", &files.SignOptions{Expiry: 1 << 62})
			if !errors.Is(err, files.ErrInvalid) {
				t.Errorf("an expiry that the bucket below refuses: %v, want ErrInvalid", err)
			}
		})
	}
}
