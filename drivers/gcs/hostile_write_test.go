package gcs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloudfiles.dev/drivers/internal/oddservice"
	"cloudfiles.dev/files"
)

// tiny is a service with one object, "a", behind a gateway.
type tiny struct {
	mu     sync.Mutex
	mark   string
	exists bool
	puts   int
	// gateway may respond in the service's place after an upload was carried out.
	gateway func(w http.ResponseWriter) bool
}

func (s *tiny) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.Method == http.MethodPost && r.URL.Query().Get("ifGenerationMatch") == "0" && s.exists:
		w.WriteHeader(412)
		io.WriteString(w, refuses(412, "conditionNotMet"))
	case r.Method == http.MethodPost:
		s.exists, s.mark = true, markIn(r)
		s.puts++
		if s.gateway == nil || !s.gateway(w) {
			io.WriteString(w, resourceOf("a", 1, 7))
		}
	case r.Method == http.MethodGet && s.exists:
		fmt.Fprintf(w, `{"kind":"storage#object","name":"a","generation":"1","size":"7",`+
			`"metadata":{%q:%q}}`, markKey, s.mark)
	default:
		w.WriteHeader(404)
		io.WriteString(w, refuses(404, "notFound"))
	}
}

// markIn is the mark of an upload in one request.
func markIn(r *http.Request) string {
	_, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	part, err := multipart.NewReader(r.Body, params["boundary"]).NextPart()
	if err != nil {
		return ""
	}
	var o object
	json.NewDecoder(part).Decode(&o)
	io.Copy(io.Discard, r.Body)
	return o.Metadata[markKey]
}

// behind is a bucket whose service is h, which reads the requests' bodies itself.
func behind(t *testing.T, h http.Handler) files.Bucket {
	t.Helper()
	return behindWith(t, "retry_attempts=3", h)
}

func behindWith(t *testing.T, params string, h http.Handler) files.Bucket {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	t.Setenv("STORAGE_EMULATOR_HOST", srv.URL)
	b := openBucket(t, "gs://bucket?retry_delay=1ms&retry_max_delay=2ms&retry_budget=0&"+params)
	t.Cleanup(func() { b.Close() })
	return b
}

// TestProxyResponseLeavesOutcomeOpen: after a gateway's own response the write may or
// may not have been done; the mark decides.
func TestProxyResponseLeavesOutcomeOpen(t *testing.T) {
	for _, status := range []int{200, 408, 429, 499, 500, 502, 503, 504, 520} {
		for _, body := range []string{"", "<html>gateway</html>", `{"message":"gateway"}`} {
			s := &tiny{gateway: func(w http.ResponseWriter) bool {
				w.WriteHeader(status)
				io.WriteString(w, body)
				return true
			}}
			b := behind(t, s)
			info, err := oddservice.PutIf(t, b, files.IfAbsent())
			if err != nil || info.Version != "1" {
				t.Errorf("%d %q: %+v, %v, want Version %q and nil", status, body, info, err, "1")
			}
			// Without a mark the outcome is unknown.
			_, err = oddservice.PutIf(t, b, files.Condition{})
			if files.KindOf(err) != files.ErrUncertain {
				t.Errorf("%d %q: %v, want ErrUncertain", status, body, err)
			}
			// By now there is another program's file.
			s.exists = false
			s.gateway = func(w http.ResponseWriter) bool {
				s.mark = "another"
				w.WriteHeader(status)
				return true
			}
			_, err = oddservice.PutIf(t, b, files.IfAbsent())
			if !errors.Is(err, files.ErrUncertain) || errors.Is(err, files.ErrExist) ||
				errors.Is(err, files.ErrPrecondition) {
				t.Errorf("%d %q, with another program's file: %v, want ErrUncertain, not "+
					"ErrExist and not ErrPrecondition", status, body, err)
			}
		}
	}
	// The last response is the gateway's: the mark still decides.
	s := &tiny{}
	s.gateway = func(w http.ResponseWriter) bool {
		s.exists = s.puts == 3
		w.WriteHeader(502)
		return true
	}
	info, err := oddservice.PutIf(t, behind(t, s), files.IfAbsent())
	if err != nil || info.Version != "1" {
		t.Errorf("Put whose last response is a gateway's = %+v, %v, want Version %q and nil", info,
			err, "1")
	}
	// The service's own refusal is certain.
	b, _ := hostile(t, says(429, refuses(429, "rateLimitExceeded")))
	_, err = oddservice.PutIf(t, b, files.Condition{})
	if files.KindOf(err) != files.ErrUnavailable {
		t.Errorf("Put = %v, want ErrUnavailable", err)
	}
	// A conditional delete and a conditional copy.
	b, _ = hostile(t, says(502, ""))
	err = b.Delete(t.Context(), "a", &files.DeleteOptions{IfVersion: "1"})
	if files.KindOf(err) != files.ErrUncertain {
		t.Errorf("Delete(a) = %v, want ErrUncertain", err)
	}
	n := 0
	b, _ = hostile(t, func(w http.ResponseWriter, r *http.Request) {
		if n++; n == 1 {
			w.WriteHeader(502)
			return
		}
		w.WriteHeader(412)
		io.WriteString(w, refuses(412, "conditionNotMet"))
	})
	_, err = files.Copy(t.Context(), b, "b", b, "a", &files.CopyOptions{If: files.IfAbsent()})
	if files.KindOf(err) != files.ErrUncertain || errors.Is(err, files.ErrExist) {
		t.Errorf("Copy(b) = %v, want ErrUncertain, not ErrExist", err)
	}
}

// TestOtherHosts: nothing is sent to another host that a response names.
func TestOtherHosts(t *testing.T) {
	var reached atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		reached.Add(1)
		w.Header().Set("X-Goog-Generation", "1")
		io.WriteString(w, resourceOf("dir/a", 1, 7))
	}))
	defer other.Close()
	for _, status := range []int{300, 301, 302, 303, 307, 308} {
		b, _ := hostile(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", other.URL+r.URL.Path)
			w.WriteHeader(status)
		})
		for op, do := range every {
			err := do(t.Context(), b)
			if k := files.KindOf(err); k != files.ErrUnavailable && k != files.ErrUncertain {
				t.Errorf("%d, %s: %v, want ErrUnavailable or ErrUncertain", status, op, err)
			}
		}
	}
	for _, location := range []string{
		other.URL + "/upload", "//" + other.URL[len("http://"):] + "/upload",
		"https://127.0.0.1:1/upload", "ftp://x/", "/upload", "", "http://", "http://%zz",
	} {
		b, _ := hostile(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", location)
		})
		if err := every["put in parts"](t.Context(), b); files.KindOf(err) != files.ErrUnavailable {
			t.Errorf("%s: %v, want ErrUnavailable", location, err)
		}
	}
	// Never http after https, on the same host and port.
	secure := httptest.NewUnstartedServer(nil)
	secure.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			t.Errorf("%s %s, want %q", r.Method, r.URL, http.MethodPost)
		}
		w.Header().Set("Location", "http://"+r.Host+"/upload")
	})
	secure.StartTLS()
	defer secure.Close()
	sdk := sdkClient(t)
	b, err := New(sdk, "bucket", &Options{
		HTTPClient: secure.Client(),
		Endpoint:   secure.URL,
		PartSize:   partUnit,
		Retry:      quick,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := every["put in parts"](t.Context(), b); files.KindOf(err) != files.ErrUnavailable {
		t.Errorf("http after https: %v, want ErrUnavailable", err)
	}
	// A transport that follows redirects.
	b, err = New(sdk, "bucket", &Options{
		HTTPClient: &http.Client{Transport: following{}},
		Endpoint:   "http://127.0.0.1:1",
		Retry:      quick,
	})
	if err != nil {
		t.Fatal(err)
	}
	before := reached.Load()
	elsewhere.Store(&other.URL)
	for op, do := range every {
		err := do(t.Context(), b)
		if k := files.KindOf(err); k != files.ErrUnavailable && k != files.ErrUncertain {
			t.Errorf("a transport that follows redirects, %s: %v, want ErrUnavailable or "+
				"ErrUncertain", op, err)
		}
	}
	if before != 0 {
		t.Errorf("%d requests reached another host, want 0", before)
	}
}

// elsewhere is the host to which following sends all requests.
var elsewhere atomic.Pointer[string]

// following is a transport that follows redirects.
type following struct{}

func (following) RoundTrip(r *http.Request) (*http.Response, error) {
	to := *elsewhere.Load() + r.URL.Path
	req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, to, nil)
	if err != nil {
		return nil, err
	}
	return http.DefaultTransport.RoundTrip(req)
}

// TestResponsesAreBounded: what is read of a response is limited, and the end of the
// context ends the read.
func TestResponsesAreBounded(t *testing.T) {
	endless := func(w http.ResponseWriter, r *http.Request, head string) {
		io.WriteString(w, head)
		junk := []byte(strings.Repeat(`{"name":"0123456789"},`, 4096))
		for r.Context().Err() == nil {
			if _, err := w.Write(junk); err != nil {
				return
			}
		}
	}
	for what, c := range map[string]struct {
		op string
		h  func(w http.ResponseWriter, r *http.Request)
	}{
		"an error": {"get", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(400)
			endless(w, r, "<Error><Code>NoSuchKey</Code>")
		}},
		"a 404": {"get", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(404)
			endless(w, r, "<Error><Code>NoSuchKey</Code>")
		}},
		"a page": {"list", func(w http.ResponseWriter, r *http.Request) {
			endless(w, r, `{"kind":"storage#objects","items":[`)
		}},
		"a delete's body": {"delete", func(w http.ResponseWriter, r *http.Request) {
			endless(w, r, "<html>")
		}},
		"a session's body": {"put in parts", func(w http.ResponseWriter, r *http.Request) {
			endless(w, r, "<html>")
		}},
		"a length that isn't true": {"stat", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "33554432") // so much must not be allocated
			io.WriteString(w, "{")
		}},
	} {
		b, requests := hostile(t, c.h)
		err := every[c.op](t.Context(), b)
		if k := files.KindOf(err); k != files.ErrUnavailable && k != files.ErrUncertain {
			t.Errorf("%s: %v, want ErrUnavailable or ErrUncertain", what, err)
		}
		if n := requests.Load(); n > 4 {
			t.Errorf("%s: %d requests, want at most 4", what, n)
		}
	}
	b, _ := hostile(t, func(w http.ResponseWriter, r *http.Request) {
		pace := time.NewTicker(time.Millisecond)
		defer pace.Stop()
		for r.Context().Err() == nil { // an endless, slow body
			io.WriteString(w, " ")
			w.(http.Flusher).Flush()
			select { // slowly enough for a reader
			case <-pace.C:
			case <-r.Context().Done():
			}
		}
	})
	for op, do := range every {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		start := time.Now()
		err := do(ctx, b)
		if took := time.Since(start); err == nil || took > 30*time.Second {
			t.Errorf("%s: %v after %v, want an error and at most %v", op, err, took,
				30*time.Second)
		}
		cancel()
	}
}

// TestRetryAfter: both forms of the header are read, and other texts are 0.
func TestRetryAfter(t *testing.T) {
	at := time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)
	for v, want := range map[string][2]time.Duration{
		"7": {7 * time.Second, 7 * time.Second}, "": {0, 0}, "soon": {0, 0}, "1.5": {0, 0},
		"99999999999": {time.Hour, time.Hour}, at: {50 * time.Minute, time.Hour},
		"Wed, 12 Oct 2022 17:50:00 GMT": {-1 << 63, 0}, "-5": {-1 << 63, 0},
	} {
		if d := retryAfter(http.Header{"Retry-After": {v}}); d < want[0] || d > want[1] {
			t.Errorf("%q: %v, want at least %v and at most %v", v, d, want[0], want[1])
		}
	}
}
