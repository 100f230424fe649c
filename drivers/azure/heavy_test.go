package azure

import (
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// TestHeavyPage: a page with empty entries uses no more memory than a small multiple of
// its size, although each would be an entry.
func TestHeavyPage(t *testing.T) {
	const head, tail = "<EnumerationResults><Blobs>", "</Blobs></EnumerationResults>"
	page := head + strings.Repeat("<Blob/>", 16<<20/len("<Blob/>")) + tail
	b, _ := opened(t, func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, page)
	})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := error(nil)
	for _, e := range b.List(t.Context(), "dir", nil) {
		err = e
	}
	runtime.ReadMemStats(&after)
	if files.KindOf(err) != files.ErrUnavailable {
		t.Errorf("%v, want ErrUnavailable", err)
	}
	allocated := int64(after.TotalAlloc-before.TotalAlloc) >> 20
	t.Logf("%d MiB of %d MiB, %v", allocated, len(page)>>20, err)
	if allocated > 384 { // for three attempts and the test's server
		t.Errorf("allocated %d MiB for %d MiB, want at most 384", allocated, len(page)>>20)
	}
}

// TestHeavyHeaders: endless headers use no more memory than a small multiple of their
// limit.
func TestHeavyHeaders(t *testing.T) {
	b, _ := opened(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Errorf("Hijack = %v, want nil", err)
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nX-Long: ")
		junk := []byte(strings.Repeat("long", 16<<10))
		for range 64 << 20 / len(junk) {
			if _, err := conn.Write(junk); err != nil {
				return
			}
		}
	})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := b.Stat(t.Context(), "a", nil)
	runtime.ReadMemStats(&after)
	if files.KindOf(err) != files.ErrUnavailable {
		t.Errorf("%v, want ErrUnavailable", err)
	}
	allocated := int64(after.TotalAlloc-before.TotalAlloc) >> 20
	t.Logf("%d MiB, %v", allocated, err)
	if allocated > 48 { // for three attempts and the test's server
		t.Errorf("allocated %d MiB for headers, want at most 48", allocated)
	}
}
