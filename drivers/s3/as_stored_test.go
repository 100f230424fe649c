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
		accepted := map[string]string{}
		b, _ := hostile(t, p, func(w http.ResponseWriter, r *http.Request) {
			accepted[r.Method] = r.Header.Get("Accept-Encoding")
			w.Header().Set("ETag", `"1"`)
			if strings.Contains(accepted[r.Method], "gzip") {
				w.Header().Set("Content-Encoding", "gzip")
			}
			w.Header().Set("Content-Length", "6")
			if r.Method == http.MethodGet {
				io.WriteString(w, "packed")
			}
		})
		text, err := files.ReadString(t.Context(), b, "a", nil)
		if err != nil || text != "packed" {
			t.Errorf("%s: %q, %v, want %q and nil", p.Name, text, err, "packed")
		}
		if _, err := b.Stat(t.Context(), "a", nil); err != nil {
			t.Errorf("%s: %v, want nil", p.Name, err)
		}
		if accepted["GET"] != want || accepted["HEAD"] != want {
			t.Errorf("%s: %v, want %q", p.Name, accepted, want)
		}
	}
}
