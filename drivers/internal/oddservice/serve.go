package oddservice

import (
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/files"
)

// Serve starts a service that is the handler, until the test ends. It returns the URL, and
// the number of requests so far.
func Serve(t testing.TB, h http.HandlerFunc) (url string, requests *atomic.Int64) {
	t.Helper()
	requests = new(atomic.Int64)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		requests.Add(1)
		h(w, r)
	}))
	t.Cleanup(srv.Close)
	return srv.URL, requests
}

// Respond returns a handler that has one response to all requests. more are the names of
// further headers, each followed by its value.
func Respond(status int, contentType, body string, more ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		for i := 0; i < len(more); i += 2 {
			w.Header().Set(more[i], more[i+1])
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// EndlessHeaders returns a handler whose response has a header of 64 MiB.
func EndlessHeaders(t testing.TB) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
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
	}
}

// WantHeavy checks that the call fails with ErrUnavailable, and that it and the test's
// server allocate at most so many MiB.
func WantHeavy(t testing.TB, most int64, call func() error) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := call()
	runtime.ReadMemStats(&after)
	if files.KindOf(err) != files.ErrUnavailable {
		t.Errorf("%v, want ErrUnavailable", err)
	}
	allocated := int64(after.TotalAlloc-before.TotalAlloc) >> 20
	t.Logf("%d MiB, %v", allocated, err)
	if allocated > most {
		t.Errorf("allocated %d MiB, want at most %d", allocated, most)
	}
}
