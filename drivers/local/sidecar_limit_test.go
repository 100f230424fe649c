package local

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// Attributes of other programs beyond the driver's limits are read whole, or are
// ErrCorrupt. They are never left out without an error (P7), and the file can always be
// replaced.
func TestForeignSidecarIsNeverCut(t *testing.T) {
	whole := func(value string) string {
		text, err := json.Marshal(map[string]any{
			"user.cache_control": value,
			"user.content_type":  "x/y",
			"user.metadata":      map[string]string{"k": "v"},
		})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	large := strings.Repeat("<", 400_000) // JSON writes six bytes for each
	for what, c := range map[string]struct{ text, want string }{
		"longer than a MiB":     {whole(large), large},
		"cut":                   {whole(large)[:1<<20], ""},
		"not JSON":              {sidecarHead + ": nonsense", ""},
		"longer than the limit": {whole(strings.Repeat("x", maxSidecar)), ""},
	} {
		t.Run(what, func(t *testing.T) {
			b, dir := newBucket(t, nil)
			if err := os.WriteFile(filepath.Join(dir, "a"), []byte("content"), 0o666); err != nil {
				t.Fatal(err)
			}
			write(t, dir, "a"+sidecarExt, c.text)
			info, err := b.Stat(t.Context(), "a", nil)
			r, gerr := b.Get(t.Context(), "a", nil)
			if gerr == nil {
				r.Close()
			}
			if c.want == "" {
				if !errors.Is(err, files.ErrCorrupt) || !errors.Is(gerr, files.ErrCorrupt) {
					t.Errorf("Stat = %v, Get = %v, want ErrCorrupt", err, gerr)
				}
			} else if err != nil || gerr != nil || info.CacheControl != c.want ||
				info.Metadata["k"] != "v" {
				t.Errorf("Stat returns a header of %d bytes and metadata %v; Stat = %v, Get = "+
					"%v, want the same %d, %q, nil and nil", len(info.CacheControl), info.Metadata,
					err, gerr, len(c.want), "v")
			}
			putIn(t, b, "a", "new",
				&files.PutOptions{Attributes: files.Attributes{CacheControl: "no-cache"}})
			if got, info := fetch(t, b, "a"); got != "new" || info.CacheControl != "no-cache" {
				t.Errorf("after a Put, Get = %q, %+v, want \"new\" with no-cache", got,
					info.Attributes)
			}
		})
	}
}
