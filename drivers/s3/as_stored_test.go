package s3

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// TestAsStored: content that is stored in an encoding arrives in it, also from R2,
// which decodes it unless the request accepts the encoding.
func TestAsStored(t *testing.T) {
	for p, want := range map[*Profile]string{r2: encodings, amazon: "identity"} {
		asked := map[string]string{}
		b, _ := hostile(t, p, func(w http.ResponseWriter, r *http.Request) {
			asked[r.Method] = r.Header.Get("Accept-Encoding")
			w.Header().Set("ETag", `"1"`)
			if strings.Contains(asked[r.Method], "gzip") {
				w.Header().Set("Content-Encoding", "gzip")
			}
			w.Header().Set("Content-Length", "6")
			if r.Method == http.MethodGet {
				io.WriteString(w, "packed")
			}
		})
		text, err := files.ReadString(t.Context(), b, "a", nil)
		if err != nil || text != "packed" {
			t.Errorf("%s: %q, %v", p.Name, text, err)
		}
		if _, err := b.Stat(t.Context(), "a", nil); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
		if asked["GET"] != want || asked["HEAD"] != want {
			t.Errorf("%s: %v, want %q", p.Name, asked, want)
		}
	}
}
