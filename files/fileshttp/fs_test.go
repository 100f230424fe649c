package fileshttp_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestFileServerFS: http.FileServerFS works on the io/fs view.
func TestFileServerFS(t *testing.T) {
	b := mem.New(nil)
	fill(t, b, "index.html", "notes/day14.txt", "notes/deep/x", "web/index.html")
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.FileServerFS(files.FS(r.Context(), b, nil)).ServeHTTP(w, r)
	}))
	defer srv.Close()
	for _, tt := range []struct {
		path, rng string
		status    int
		body      string
	}{
		{"/", "", 200, "content of index.html"},
		{"/notes/day14.txt", "", 200, "content of notes/day14.txt"},
		{"/notes/day14.txt", "bytes=11-15", 206, "notes"},
		{"/notes/day14.txt", "bytes=-3", 206, "txt"},
		{"/notes/day14.txt", "bytes=99-", 416, ""},
		{"/notes", "", 200, "day14.txt</a>"}, // by a redirect
		{"/notes/", "", 200, `<a href="deep/">deep/</a>`},
		{"/web/", "", 200, "content of web/index.html"},
		{"/none", "", 404, ""},
		{"/notes/day14.txt/x", "", 404, ""},
	} {
		req, err := http.NewRequest("GET", srv.URL+tt.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if tt.rng != "" {
			req.Header.Set("Range", tt.rng)
		}
		resp, err := srv.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != tt.status || !strings.Contains(string(body), tt.body) || err != nil {
			t.Errorf("%s %s = %d, %s, %v; want %d, %q", tt.path, tt.rng, resp.StatusCode, body, err,
				tt.status, tt.body)
		}
	}
}
