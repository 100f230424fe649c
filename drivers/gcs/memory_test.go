package gcs

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"cloudfiles.dev/conformance/longtest"
)

// stream is n bytes of unknown length; it measures the memory while it is read.
type stream struct {
	n, next int64
	peak    uint64
}

func (s *stream) Read(p []byte) (int, error) {
	if s.n == 0 {
		return 0, io.EOF
	}
	if s.n <= s.next {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		s.peak = max(s.peak, m.Sys-m.HeapReleased)
		s.next = s.n - 64*mib
	}
	n := min(int64(len(p)), s.n)
	s.n -= n
	return int(n), nil
}

// discard is a service that keeps nothing of uploads in parts.
func discard(w http.ResponseWriter, r *http.Request) {
	n, _ := io.Copy(io.Discard, r.Body)
	q := r.URL.Query()
	switch {
	case q.Has("uploads"):
		io.WriteString(w, "<InitiateMultipartUploadResult><UploadId>u</UploadId>"+
			"</InitiateMultipartUploadResult>")
		return
	case q.Has("partNumber"):
		w.Header().Set("ETag", `"1"`)
		return
	case q.Has("uploadId"):
		w.Header().Set("X-Goog-Generation", "1")
		io.WriteString(w, "<CompleteMultipartUploadResult/>")
		return
	case r.Method == "POST":
		w.Header().Set("Location", "http://"+r.Host+"/session")
		return
	}
	var first, last, total int64
	if _, err := fmt.Sscanf(r.Header.Get("Content-Range"), "bytes %d-%d/", &first,
		&last); err != nil || n != last-first+1 {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if _, size, _ := strings.Cut(r.Header.Get("Content-Range"), "/"); size != "*" {
		fmt.Sscan(size, &total)
		fmt.Fprintf(w, `{"kind":"storage#object","size":"%d","generation":"1",`+
			`"metageneration":"1","updated":"2026-01-02T03:04:05Z"}`, total)
		return
	}
	w.Header().Set("Range", fmt.Sprintf("bytes=0-%d", last))
	w.WriteHeader(http.StatusPermanentRedirect)
}

// TestPutMemory: a Put of a stream of unknown length holds in memory only the parts
// that are sent at a time (P11), and at most 32 MiB more, including the service that
// discards them, which is in the same process.
func TestPutMemory(t *testing.T) {
	for params, parts := range map[string]uint64{
		"":               mostByDefault,
		"?concurrency=1": 1,
	} {
		t.Run("url=gs:"+params, func(t *testing.T) { putMemory(t, params, parts) })
	}
}

// putMemory tries a few times, since the collector may be late once on a loaded machine; a
// Put that holds more than it should does so each time.
func putMemory(t *testing.T, params string, parts uint64) {
	size := int64(longtest.N(t, 256, 4096)) * mib
	if testing.Short() {
		size = 256 * mib
	}
	srv := httptest.NewServer(http.HandlerFunc(discard))
	defer srv.Close()
	t.Setenv("STORAGE_EMULATOR_HOST", srv.URL)
	b := openBucket(t, "gs://bucket"+params)
	var above int64
	for range 3 {
		debug.FreeOSMemory()
		var before runtime.MemStats
		runtime.ReadMemStats(&before)
		src := &stream{n: size, next: size}
		info, err := b.Put(t.Context(), "large.bin", src, nil)
		if err != nil || info.Size != size {
			t.Fatalf("Put of %d bytes: size %d, %v", size, info.Size, err)
		}
		above = int64(src.peak) - int64(before.Sys-before.HeapReleased)
		t.Logf("%d MiB put; at most %d KiB above the start", size/mib, above/kib)
		if above <= int64(parts)*DefaultPartSize+32*mib {
			return
		}
	}
	t.Errorf("memory grew by %d MiB during a Put of %d MiB", above/mib, size/mib)
}
