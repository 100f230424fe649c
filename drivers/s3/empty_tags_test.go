package s3

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestEmptyTags: Tags that are nil are those of the bucket's Defaults, and in a Copy
// otherwise the source's. Tags that are empty, but not nil, are none.
func TestEmptyTags(t *testing.T) {
	own, none := map[string]string{"a": "1"}, map[string]string{}
	for what, c := range map[string]struct {
		defaults, tags map[string]string
		sent           string // the tags of a Put
		directive      string // of a Copy
	}{
		"nil":                    {nil, nil, "", ""},
		"nil, with defaults":     {own, nil, "a=1", "REPLACE"},
		"empty":                  {nil, none, "", "REPLACE"},
		"empty, with defaults":   {own, none, "", "REPLACE"},
		"others, with defaults":  {none, own, "a=1", "REPLACE"},
		"nil, and none as usual": {none, nil, "", "REPLACE"},
	} {
		var sent http.Header
		b, _ := hostile(t, amazon, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `"1"`)
			if r.Method == http.MethodPut {
				sent = r.Header.Clone()
			}
			if r.Header.Get("X-Amz-Copy-Source") != "" {
				io.WriteString(w, `<CopyObjectResult><ETag>"1"</ETag></CopyObjectResult>`)
			}
		})
		driver.Unwrap(b).(*backend).opts.Defaults.Tags = c.defaults
		native := []files.NativeOption{PutOptions{Tags: c.tags}}
		if _, err := b.Put(t.Context(), "a", strings.NewReader("x"),
			&files.PutOptions{Native: native}); err != nil {
			t.Fatalf("%s: Put: %v", what, err)
		}
		if got := sent.Get("X-Amz-Tagging"); got != c.sent {
			t.Errorf("%s: Put sends the tags %q, want %q", what, got, c.sent)
		}
		if _, err := files.Copy(t.Context(), b, "b", b, "a",
			&files.CopyOptions{Native: native}); err != nil {
			t.Fatalf("%s: Copy: %v", what, err)
		}
		got, directive := sent.Get("X-Amz-Tagging"), sent.Get("X-Amz-Tagging-Directive")
		if got != c.sent || directive != c.directive {
			t.Errorf("%s: Copy sends the tags %q and the directive %q, want %q and %q", what, got,
				directive, c.sent, c.directive)
		}
	}
}
