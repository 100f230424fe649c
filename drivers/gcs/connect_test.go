package gcs

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/files"
)

// TestEmulatorPath: the variable's path is in front of every request, in any form (U3).
func TestEmulatorPath(t *testing.T) {
	var path, project atomic.Value
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path.Store(r.URL.Path)
		project.Store(r.Header.Get("X-Goog-User-Project"))
		w.WriteHeader(http.StatusForbidden)
	}))
	defer srv.Close()
	host := strings.TrimPrefix(srv.URL, "http://")
	for variable, base := range map[string]string{
		host:                                  "",
		"HTTP://" + host:                      "",
		"http://" + host + "/gcs/":            "/gcs",
		"http://" + host + "/gcs/storage/v1/": "/gcs",
		host + "/gcs":                         "/gcs",
	} {
		t.Setenv("STORAGE_EMULATOR_HOST", variable)
		b, err := files.Open(t.Context(), "gs://bucket?retry_attempts=1&user_project=payer")
		if err != nil {
			t.Errorf("%s: %v", variable, err)
			continue
		}
		b.Stat(t.Context(), "a", nil)
		if want := base + "/storage/v1/b/bucket/o/a"; path.Load() != want {
			t.Errorf("%s: Stat asks for %v, want %s", variable, path.Load(), want)
		}
		if r, err := b.Get(t.Context(), "a", nil); err == nil {
			r.Close()
		}
		if want := base + "/bucket/a"; path.Load() != want {
			t.Errorf("%s: Get asks for %v, want %s", variable, path.Load(), want)
		}
		files.PutString(t.Context(), b, "a", "x", nil)
		if want := base + "/upload/storage/v1/b/bucket/o"; path.Load() != want {
			t.Errorf("%s: Put asks for %v, want %s", variable, path.Load(), want)
		}
		if project.Load() != "payer" {
			t.Errorf("the project that pays is %v", project.Load())
		}
		b.Close()
	}
}
