package s3

import (
	"net/url"
	"strings"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/signing"
)

// TestFormURL: a form is sent to the bucket's URL, however the bucket was opened. It is
// the URL of a signed PUT without the name.
func TestFormURL(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "id")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	for _, c := range []struct{ bucket, endpoint, params, want string }{
		{"bucket", "", "", "https://bucket.s3.eu-west-1.amazonaws.com"},
		{"buc.ket", "", "", "https://s3.eu-west-1.amazonaws.com/buc.ket"},
		{"bucket", "http://127.0.0.1:1", "&use_path_style=true", "http://127.0.0.1:1/bucket"},
		{"bucket", "http://127.0.0.1:1/s3/", "", "http://127.0.0.1:1/s3/bucket"},
		{"bucket", "https://s.example", "&use_path_style=false", "https://bucket.s.example"},
	} {
		open := "s3://" + c.bucket + "?region=eu-west-1" + c.params
		if c.endpoint != "" {
			open += "&endpoint=" + url.QueryEscape(c.endpoint)
		}
		b := mustOpen(t, open)
		form := must(signing.SignPost(t.Context(), b, "dir/a", &signing.PostOptions{MaxSize: 1}))
		if form.URL != c.want {
			t.Errorf("%s: the form's URL is %q, want %q", open, form.URL, c.want)
		}
		put := must(files.SignURL(t.Context(), b, "dir/a", &files.SignOptions{Method: "PUT"}))
		if !strings.HasPrefix(put.URL, form.URL+"/dir/a?") {
			t.Errorf("%s: the form's URL is %q, but a PUT's is %s", open, form.URL, put.URL)
		}
	}
}
