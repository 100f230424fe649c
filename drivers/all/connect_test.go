package all

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/retry"
)

// services has a function for each service that opens a bucket at an address.
var services = []struct {
	name string
	open func(t *testing.T, scheme, host, params string) (files.Bucket, error)
}{
	{"s3", func(t *testing.T, scheme, host, params string) (files.Bucket, error) {
		return files.Open(t.Context(), "s3://bucket?store=aws&region=x&anonymous=true&endpoint="+
			url.QueryEscape(scheme+"://"+host)+params)
	}},
	{"gs", func(t *testing.T, scheme, host, params string) (files.Bucket, error) {
		t.Setenv("STORAGE_EMULATOR_HOST", scheme+"://"+host)
		return files.Open(t.Context(), "gs://bucket?anonymous=true"+params)
	}},
	{"azblob", func(t *testing.T, scheme, host, params string) (files.Bucket, error) {
		return files.Open(t.Context(),
			"azblob://c?storage_account=account&anonymous=true&protocol="+
				scheme+"&domain="+url.QueryEscape(host)+params)
	}},
}

// A connectCall makes requests of one kind.
type connectCall = func(context.Context, files.Bucket) error

// eachConnectCall calls prepare for each of connectCalls, one after the other, and then
// at once what it returned, since most of these wait.
func eachConnectCall(t *testing.T, prepare func(name string, call connectCall) func()) {
	t.Helper()
	var all []func()
	for name, call := range connectCalls {
		all = append(all, prepare(name, call))
	}
	var calls sync.WaitGroup
	defer calls.Wait()
	for _, f := range all {
		calls.Go(f)
	}
}

// connectCalls are calls that make requests of every kind.
var connectCalls = map[string]connectCall{
	"Stat": func(ctx context.Context, b files.Bucket) error {
		_, err := b.Stat(ctx, "a", nil)
		return err
	},
	"Get": func(ctx context.Context, b files.Bucket) error {
		r, err := b.Get(ctx, "a", nil)
		if err == nil {
			r.Close()
		}
		return err
	},
	"List": func(ctx context.Context, b files.Bucket) error {
		for _, err := range b.List(ctx, "", nil) {
			return err
		}
		return nil
	},
	"Put": func(ctx context.Context, b files.Bucket) error {
		_, err := files.PutString(ctx, b, "a", "content", nil)
		return err
	},
	"Put in parts": func(ctx context.Context, b files.Bucket) error {
		_, err := b.Put(ctx, "a", strings.NewReader(strings.Repeat("x", 9<<20)), nil)
		return err
	},
	"Delete": func(ctx context.Context, b files.Bucket) error { return b.Delete(ctx, "a", nil) },
	"Copy": func(ctx context.Context, b files.Bucket) error {
		_, err := files.Copy(ctx, b, "a", b, "b", nil)
		return err
	},
}

// silentServer starts a server that never answers, and counts requests.
func silentServer(t *testing.T) (host string, requests *atomic.Int32) {
	t.Helper()
	requests = new(atomic.Int32)
	over := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		requests.Add(1)
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

// TestSilentServer: timeout= ends the wait, the policy retries, and the error names the
// setting (X2).
func TestSilentServer(t *testing.T) {
	environment(t)
	for _, s := range services {
		t.Run(s.name, func(t *testing.T) {
			params := "&timeout=100ms&retry_attempts=2&retry_delay=1ms"
			eachConnectCall(t, func(name string, call connectCall) func() {
				host, _ := silentServer(t)
				b, err := s.open(t, "http", host, params)
				if err != nil {
					t.Fatal(err)
				}
				return func() {
					defer b.Close()
					err := call(t.Context(), b)
					kind := files.KindOf(err)
					if kind != files.ErrUnavailable && kind != files.ErrUncertain ||
						!strings.Contains(err.Error(), "timeout=") {
						t.Errorf("%s: %v, want ErrUnavailable or ErrUncertain and a text with %q",
							name, err, "timeout=")
					}
					// On a loaded machine the time may be over before the server has read a
					// request, so what the server saw doesn't count.
					if n := retry.Attempts(err); n != 2 {
						t.Errorf("%s: %d attempts, want 2", name, n)
					}
				}
			})
			host, _ := silentServer(t)
			if _, err := s.open(t, "http", host,
				"&timeout=soon"); !errors.Is(err, files.ErrInvalid) ||
				!strings.Contains(err.Error(), "timeout") {
				t.Errorf("open(http) = %v, want ErrInvalid and a text with %q", err, "timeout")
			}
		})
	}
}

// TestContextEndsSilence: every call returns when its context ends, though no response
// comes (X2).
func TestContextEndsSilence(t *testing.T) {
	environment(t)
	for _, s := range services {
		t.Run(s.name, func(t *testing.T) {
			host, _ := silentServer(t)
			b, err := s.open(t, "http", host, "")
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			eachConnectCall(t, func(name string, call connectCall) func() {
				return func() {
					ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
					defer cancel()
					begin := time.Now()
					err := call(ctx, b)
					took := time.Since(begin)
					if !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("%s: %v, want context.DeadlineExceeded", name, err)
					}
					if took > 30*time.Second { // the machine may be loaded
						t.Errorf("%s took %v, want at most %v", name, took, 30*time.Second)
					}
				}
			})
		})
	}
}

// TestTLSMixups: HTTP in place of HTTPS, the reverse, and an untrusted certificate are
// ErrInvalid at the first attempt (E2).
func TestTLSMixups(t *testing.T) {
	environment(t)
	for _, s := range services {
		for name, c := range map[string]struct {
			scheme string
			tls    bool
			words  string
		}{
			"TLS to a plain server": {"https", false, "doesn't speak TLS"},
			"plain to a TLS server": {"http", true, "speaks TLS"},
			"a strange certificate": {"https", true, "SSL_CERT_FILE"},
		} {
			t.Run(s.name+"/"+name, func(t *testing.T) {
				var conns atomic.Int32
				srv := httptest.NewUnstartedServer(http.NotFoundHandler())
				srv.Config.ErrorLog = quiet
				srv.Config.ConnState = counting(&conns)
				if c.tls {
					srv.StartTLS()
				} else {
					srv.Start()
				}
				defer srv.Close()
				_, host, _ := strings.Cut(srv.URL, "://")
				b, err := s.open(t, c.scheme, host, "&retry_delay=1ms")
				if err != nil {
					t.Fatal(err)
				}
				defer b.Close()
				for name, call := range connectCalls {
					if name == "Delete" && c.scheme == "http" {
						// crypto/tls doesn't recognize DELETE as HTTP, and closes the
						// connection
						continue
					}
					conns.Store(0)
					err := call(t.Context(), b)
					if !errors.Is(err,
						files.ErrInvalid) || !strings.Contains(err.Error(), c.words) {
						t.Errorf("%s: %v, want ErrInvalid and a text with %q", name, err, c.words)
					}
					// Parts are sent at the same time, each of them once.
					most := map[bool]int32{true: 8, false: 2}[strings.Contains(name, "parts")]
					if n := conns.Load(); n > most {
						t.Errorf("%s: %d connections, want at most %v", name, n, most)
					}
				}
			})
		}
	}
}

// TestReadTimeoutIsKnown: every scheme of a service takes read_timeout=, and the others
// refuse it like any unknown parameter (U1).
func TestReadTimeoutIsKnown(t *testing.T) {
	environment(t)
	for _, s := range services {
		host, _ := silentServer(t)
		b, err := s.open(t, "http", host, "&read_timeout=1s")
		if err != nil {
			t.Errorf("%s: %v, want nil", s.name, err)
			continue
		}
		b.Close()
	}
	for _, u := range []string{"mem://?read_timeout=1s", "file:///?read_timeout=1s"} {
		if _, err := files.Open(t.Context(), u); !errors.Is(err, files.ErrInvalid) {
			t.Errorf("%s: %v, want ErrInvalid", u, err)
		}
	}
}
