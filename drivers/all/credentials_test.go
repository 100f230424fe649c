package all

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/files"
)

// TestNoCredentialsAnywhere: without any credentials no service gets a request, and the
// first call, or Open, is ErrPermission and says what to set (E2). The search finds an
// empty home, no program, and no metadata server.
func TestNoCredentialsAnywhere(t *testing.T) {
	for _, name := range []string{
		"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE",
		"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "GOOGLE_APPLICATION_CREDENTIALS",
		"STORAGE_EMULATOR_HOST", "AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_KEY",
		"AZURE_STORAGE_SAS_TOKEN", "AZURE_STORAGE_CONNECTION_STRING", "AZURE_CLIENT_ID",
		"AZURE_STORAGEBLOB_CONNECTIONSTRING", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET",
		"AZURE_FEDERATED_TOKEN_FILE", "AZURE_TOKEN_CREDENTIALS", "IDENTITY_ENDPOINT",
		"MSI_ENDPOINT",
		"IMDS_ENDPOINT", "AZURE_STORAGE_DOMAIN", "AZURE_STORAGE_PROTOCOL",
	} {
		t.Setenv(name, "")
	}
	empty := t.TempDir()
	for _, name := range []string{
		"HOME", "USERPROFILE", "APPDATA", "PATH", "CLOUDSDK_CONFIG", "AZURE_CONFIG_DIR",
	} {
		t.Setenv(name, empty)
	}
	t.Setenv("AWS_CONFIG_FILE", empty+"/none")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", empty+"/none")
	const closedHost = "127.0.0.1:1"
	t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://"+closedHost)
	t.Setenv("GCE_METADATA_HOST", closedHost)
	t.Setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://"+closedHost)
	for rawURL, set := range map[string]string{
		"s3://bucket?store=aws&region=x&endpoint=https://" + closedHost:   "AWS_ACCESS_KEY_ID",
		"azblob://c?storage_account=a&domain=" + closedHost + "&cdn=true": "AZURE_STORAGE_KEY",

		"gs://bucket?retry_attempts=5": "GOOGLE_APPLICATION_CREDENTIALS",
	} {
		b, err := files.Open(t.Context(), rawURL)
		if err == nil {
			defer b.Close()
			_, err = b.Stat(t.Context(), "a", nil)
		}
		if files.KindOf(err) != files.ErrPermission || !strings.Contains(err.Error(), set) {
			t.Errorf("%s: %v; want ErrPermission that names %s", rawURL, err, set)
			continue
		}
		if strings.Contains(err.Error(), " attempts") { // the URL has retry_attempts
			t.Errorf("%s: %v, after more than one attempt", rawURL, err)
		}
	}
}

// TestReadTimeout: on each driver read_timeout= ends the wait for a body that makes no
// progress, of a page, an error or the response to an upload, and the error names the
// setting (X2).
func TestReadTimeout(t *testing.T) {
	environment(t)
	for _, s := range services {
		t.Run(s.name, func(t *testing.T) {
			var all sync.WaitGroup
			defer all.Wait()
			for _, c := range []struct {
				status int
				call   string
			}{{200, "List"}, {503, "List"}, {503, "Put"}, {503, "Delete"}} {
				host, requests := stallingServer(t, c.status)
				b, err := s.open(t, "http", host,
					"&read_timeout=100ms&retry_attempts=2&retry_delay=1ms")
				if err != nil {
					t.Fatal(err)
				}
				all.Go(func() {
					defer b.Close()
					err := connectCalls[c.call](context.WithoutCancel(t.Context()), b)
					kind := files.KindOf(err)
					if kind != files.ErrUnavailable && kind != files.ErrUncertain ||
						!strings.Contains(err.Error(), "read_timeout=") {
						t.Errorf("%d, %s: %v, want ErrUnavailable or ErrUncertain and a text "+
							"with %q", c.status, c.call, err, "read_timeout=")
					}
					if n := requests.Load(); n > 2 {
						t.Errorf("%d, %s: %d requests, want at most 2", c.status, c.call, n)
					}
				})
			}
		})
	}
}

// stallingServer starts a server whose responses stop after the first byte of the body,
// and counts requests.
func stallingServer(t *testing.T, status int) (host string, requests *atomic.Int32) {
	t.Helper()
	requests = new(atomic.Int32)
	over := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		io.Copy(io.Discard, r.Body)
		w.Header().Set("X-Ms-Version", "2026-06-06")
		w.WriteHeader(status)
		io.WriteString(w, "<")
		w.(http.Flusher).Flush()
		select {
		case <-r.Context().Done():
		case <-over:
		}
	}))
	t.Cleanup(func() {
		close(over)
		srv.Close()
	})
	return strings.TrimPrefix(srv.URL, "http://"), requests
}
