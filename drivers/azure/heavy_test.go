package azure

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/internal/oddservice"
)

// TestHeavyPage: a page with empty entries uses no more memory than a small multiple of
// its size, although each would be an entry.
func TestHeavyPage(t *testing.T) {
	const head, tail = "<EnumerationResults><Blobs>", "</Blobs></EnumerationResults>"
	page := head + strings.Repeat("<Blob/>", 16<<20/len("<Blob/>")) + tail
	b, _ := opened(t, func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, page)
	})
	oddservice.WantHeavy(t, 384, func() error { // for three attempts
		return oddservice.ListAll(t.Context(), b, nil)
	})
}

// TestHeavyHeaders: endless headers use no more memory than a small multiple of their
// limit.
func TestHeavyHeaders(t *testing.T) {
	b, _ := opened(t, oddservice.EndlessHeaders(t))
	oddservice.WantHeavy(t, 48, func() error { // for three attempts
		_, err := b.Stat(t.Context(), "a", nil)
		return err
	})
}
