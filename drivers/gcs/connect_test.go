package gcs

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
)

// TestEmulatorPath: the path of STORAGE_EMULATOR_HOST begins every request's path (U3).
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
			t.Errorf("%s: %v, want nil", variable, err)
			continue
		}
		b.Stat(t.Context(), "a", nil)
		if want := base + "/storage/v1/b/bucket/o/a"; path.Load() != want {
			t.Errorf("%s: Stat requests %v, want %s", variable, path.Load(), want)
		}
		if r, err := b.Get(t.Context(), "a", nil); err == nil {
			r.Close()
		}
		if want := base + "/bucket/a"; path.Load() != want {
			t.Errorf("%s: Get requests %v, want %s", variable, path.Load(), want)
		}
		files.PutString(t.Context(), b, "a", "x", nil)
		if want := base + "/upload/storage/v1/b/bucket/o"; path.Load() != want {
			t.Errorf("%s: Put requests %v, want %s", variable, path.Load(), want)
		}
		if project.Load() != "payer" {
			t.Errorf("X-Goog-User-Project = %v, want %q", project.Load(), "payer")
		}
		b.Close()
	}
}

// TestSignedForRequester: a signed URL has the paying project in its signed query, and
// the endpoint's path before the bucket, for any name.
func TestSignedForRequester(t *testing.T) {
	for _, base := range []string{"", "/gcs", "/a b/ü"} {
		var seen atomic.Pointer[http.Request]
		srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			seen.Store(r)
		}))
		defer srv.Close()
		t.Setenv("STORAGE_EMULATOR_HOST", srv.URL+(&url.URL{Path: base}).EscapedPath())
		for _, project := range []string{"", "payer-1", "example.com:payer"} {
			u := "gs://bucket?" + signParams(t)
			if project != "" {
				u += "&user_project=" + url.QueryEscape(project)
			}
			b, err := files.Open(t.Context(), u)
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			for _, method := range []string{"GET", "PUT", "DELETE"} {
				const name = "d/a b+ü%41?.txt"
				s, err := files.SignURL(t.Context(), b, name, &files.SignOptions{Method: method})
				if err != nil {
					t.Fatal(err)
				}
				req, _ := http.NewRequest(method, s.URL, http.NoBody)
				req.Header = s.Header
				resp, err := srv.Client().Do(req)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
				r := seen.Load()
				if got, want := r.URL.Path, base+"/bucket/"+name; got != want {
					t.Errorf("path of a signed %s = %q, want %q", method, got, want)
				}
				if got := r.URL.Query().Get("userProject"); got != project {
					t.Errorf("project of a signed %s = %q, want %q", method, got, project)
				}
				if !signedWell(r) {
					t.Errorf("%s %s: the signature doesn't match the request", method, r.URL)
				}
				if q := r.URL.Query(); project != "" {
					q.Set("userProject", "another")
					if r.URL.RawQuery = q.Encode(); signedWell(r) {
						t.Error("the paying project isn't signed")
					}
				}
			}
		}
	}
}

// TestRequesterPaysEverywhere: each request of each operation names the paying project:
// JSON, XML, uploads in parts, batches of deletions, copies. The service accepts the
// header for all of them: https://cloud.google.com/storage/docs/using-requester-pays
func TestRequesterPaysEverywhere(t *testing.T) {
	server := testserver.Start(t, testserver.FakeGCS)
	if server.User {
		t.Skip("a user's bucket has no test server")
	}
	var mu sync.Mutex
	asked := map[string]int{}
	d := startDocumented(t, server.Endpoint)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked[r.Method]++
		if got := r.Header.Get("X-Goog-User-Project"); got != "payer" {
			t.Errorf("project of %s %s = %q, want payer", r.Method, r.URL, got)
		}
		mu.Unlock()
		d.ServeHTTP(w, r)
	}))
	defer srv.Close()
	d.self = srv.URL
	store := with(server.Store(t), "user_project=payer")
	t.Setenv("STORAGE_EMULATOR_HOST", srv.URL)
	for _, params := range []string{"part_size=262144", parallelParams} {
		b := openBucket(t, with(store, params))
		defer b.Close()
		ctx := t.Context()
		content := bytes.Repeat([]byte("0123456789abcdef"), 6*mib/16)
		for what, do := range map[string]func() error{
			"put": func() error { return put(ctx, b, "d/small", "x", nil) },
			"put in parts": func() error {
				_, err := files.PutBytes(ctx, b, "d/large", content, nil)
				return err
			},
			"conditional": func() error {
				return put(ctx, b, "d/if", "x", &files.PutOptions{If: files.IfAbsent()})
			},
			"check": func() error { return files.Check(ctx, b) },
		} {
			if err := do(); err != nil {
				t.Errorf("%s: %v, want nil", what, err)
			}
		}
		if _, err := files.ReadAll(ctx, b, "d/large", nil); err != nil {
			t.Errorf("ReadAll(d/large) = %v, want nil", err)
		}
		if _, err := b.Stat(ctx, "d/small", nil); err != nil {
			t.Errorf("Stat(d/small) = %v, want nil", err)
		}
		if _, err := files.Copy(ctx, b, "d/copy", b, "d/small", nil); err != nil {
			t.Errorf("Copy(d/copy) = %v, want nil", err)
		}
		if _, err := files.Move(ctx, b, "d/moved", b, "d/copy", nil); err != nil {
			t.Errorf("Move(d/moved) = %v, want nil", err)
		}
		if res, err := files.DeleteDir(ctx, b, "d"); err != nil || res.Deleted != 4 {
			t.Errorf("DeleteDir(d) = %+v, %v, want Deleted 4 and nil", res, err)
		}
	}
	for _, method := range []string{"GET", "PUT", "POST", "DELETE"} {
		if asked[method] == 0 {
			t.Errorf("no %s request was sent: %v", method, asked)
		}
	}
}

func put(ctx context.Context, b files.Bucket, name, content string, o *files.PutOptions) error {
	_, err := files.PutString(ctx, b, name, content, o)
	return err
}
