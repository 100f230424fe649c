package azure

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/retry"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// optioned is a bucket through a caller's client that has ClientOptions.
func optioned(t *testing.T, timeout time.Duration, h http.HandlerFunc) files.Bucket {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	key := base64.StdEncoding.EncodeToString([]byte("key"))
	cred, err := container.NewSharedKeyCredential("account", key)
	if err != nil {
		t.Fatal(err)
	}
	opts := &container.ClientOptions{ClientOptions: ClientOptions(timeout, timeout)}
	c, err := container.NewClientWithSharedKeyCredential(srv.URL+"/container", cred, opts)
	if err != nil {
		t.Fatal(err)
	}
	b, err := New(c, &Options{Retry: &retry.Policy{Attempts: 1}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// TestClientOptions: a caller's client with them behaves as the client of a bucket
// opened by URL.
func TestClientOptions(t *testing.T) {
	t.Run("other hosts", func(t *testing.T) {
		var reached atomic.Int64
		other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			reached.Add(1)
			azures(w)
		}))
		defer other.Close()
		for _, status := range []int{301, 302, 303, 307, 308} {
			b := optioned(t, 0, func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, other.URL+r.URL.Path, status)
			})
			for op, do := range every {
				if err := do(t.Context(), b); err == nil || errors.Is(err, files.ErrNotExist) {
					t.Errorf("%d, %s: %v, want anything but ErrNotExist", status, op, err)
				}
			}
		}
		if n := reached.Load(); n > 0 {
			t.Errorf("%d requests reached another host, want 0", n)
		}
	})
	t.Run("endless", func(t *testing.T) {
		chunk := strings.Repeat("x", mib)
		var sent, status atomic.Int64
		b := optioned(t, 0, func(w http.ResponseWriter, _ *http.Request) {
			azures(w)
			w.WriteHeader(int(status.Load()))
			for range 256 {
				n, err := io.WriteString(w, chunk)
				if sent.Add(int64(n)); err != nil {
					return
				}
			}
		})
		for s, most := range map[int64]int64{400: maxError, 503: maxError, 200: maxDocument} {
			status.Store(s)
			sent.Store(0)
			for _, err := range b.List(t.Context(), "", nil) {
				if err == nil {
					t.Errorf("%d: List of an endless page = nil", s)
				}
			}
			// Including what the sockets buffer.
			if n := sent.Load(); n > most+16*mib {
				t.Errorf("%d: %d MiB were sent", s, n/mib)
			}
		}
	})
	t.Run("silence", func(t *testing.T) {
		over := make(chan struct{})
		defer close(over)
		b := optioned(t, 50*time.Millisecond, func(http.ResponseWriter, *http.Request) { <-over })
		_, err := b.Stat(t.Context(), "a", nil)
		if files.KindOf(err) != files.ErrUnavailable || !strings.Contains(err.Error(), "timeout=") {
			t.Errorf("Stat(a) = %v, want ErrUnavailable and a text with %q", err, "timeout=")
		}
	})
	t.Run("the clock", func(t *testing.T) {
		n := 0
		b := optioned(t, 0, func(w http.ResponseWriter, r *http.Request) {
			at := time.Now().Add(time.Hour).UTC()
			w.Header().Set("Date", at.Format(http.TimeFormat))
			said, err := http.ParseTime(r.Header.Get("X-Ms-Date"))
			if n++; err != nil || at.Sub(said).Abs() > skewTime {
				w.Header().Set("X-Ms-Error-Code", "AuthenticationFailed")
				w.WriteHeader(http.StatusForbidden)
				return
			}
			azures(w)
			w.Header().Set("ETag", `"1"`)
			w.Header().Set("Last-Modified", at.Format(http.TimeFormat))
			w.Header().Set("X-Ms-Blob-Type", "BlockBlob")
			w.Header().Set("Content-Length", "0")
		})
		if info, err := b.Stat(t.Context(), "a", nil); err != nil || info.Version != "1" || n != 2 {
			t.Errorf("%+v, %v after %d requests, want Version %q, nil and 2", info, err, n, "1")
		}
	})
	t.Run("StartAfter", func(t *testing.T) {
		var from string
		b := optioned(t, 0, func(w http.ResponseWriter, r *http.Request) {
			from = r.URL.Query().Get("startFrom")
			azures(w)
			fmt.Fprint(w, "<EnumerationResults><Blobs>"+blobXML("a", "1")+
				"</Blobs><NextMarker/></EnumerationResults>")
		})
		for range b.List(t.Context(), "", &files.ListOptions{StartAfter: "a"}) {
			break
		}
		if from != "a" {
			t.Errorf("the listing begins at %q, want %q", from, "a")
		}
	})
}
