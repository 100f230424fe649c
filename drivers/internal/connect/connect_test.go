package connect

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/files"
)

// short is the limit of a silence in these tests.
const short = 300 * time.Millisecond

func client(l Limits) *http.Client {
	return &http.Client{Transport: l.Transport(&http.Transport{})}
}

// serve starts a server that ends with the test, and returns its URL.
func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}

// pipes is a network in memory.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	end    sync.Once
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes"} }

func (p *pipes) Close() error {
	p.end.Do(func() { close(p.closed) })
	return nil
}

// inBubble calls f in a bubble, whose clock stands still while anything runs, so that no
// limit is reached because the machine is slow. The clients that f gets reach the server
// h, whatever the URL's host. over is closed when f has returned.
func inBubble(t *testing.T, h func(over <-chan struct{}) http.HandlerFunc,
	f func(t *testing.T, client func(Limits) *http.Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		network := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
		over, ended := make(chan struct{}), make(chan struct{})
		srv := &http.Server{Handler: h(over)}
		go func() { defer close(ended); srv.Serve(network) }()
		below := &http.Transport{DialContext: network.dial}
		defer func() {
			close(over)
			below.CloseIdleConnections()
			srv.Close()
			<-ended
		}()
		f(t, func(l Limits) *http.Client { return &http.Client{Transport: l.Transport(below)} })
	})
}

// silent answers nothing.
func silent(over <-chan struct{}) http.HandlerFunc {
	return func(http.ResponseWriter, *http.Request) { <-over }
}

func wantSilent(t *testing.T, err error, setting string) {
	t.Helper()
	words, kind := Fault(err, Settings{})
	if !errors.Is(kind, files.ErrUnavailable) || !strings.Contains(words, setting+"=") {
		t.Errorf("%v: %q, %v; want ErrUnavailable that names %s=", err, words, kind, setting)
	}
	if errors.Is(err, context.Canceled) {
		t.Errorf("%v matches context.Canceled, as if the caller had ended it", err)
	}
}

func TestSilentBeforeTheAnswer(t *testing.T) {
	inBubble(t, silent, func(t *testing.T, client func(Limits) *http.Client) {
		c := client(Limits{Timeout: short, ReadTimeout: -1})
		_, err := c.Get("http://h")
		wantSilent(t, err, "timeout")
		_, err = c.Post("http://h", "", strings.NewReader("content"))
		wantSilent(t, err, "timeout")
	})
}

func TestSilentInABody(t *testing.T) {
	begins := func(over <-chan struct{}) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "begun")
			w.(http.Flusher).Flush()
			<-over
		}
	}
	inBubble(t, begins, func(t *testing.T, client func(Limits) *http.Client) {
		resp, err := client(Limits{ReadTimeout: short, Timeout: -1}).Get("http://h")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		time.Sleep(2 * short) // nothing is read, so no limit applies
		first := make([]byte, 5)
		if _, err := io.ReadFull(resp.Body, first); err != nil {
			t.Fatal(err)
		}
		_, err = io.ReadAll(resp.Body)
		wantSilent(t, err, "read_timeout")
	})
}

// TestServerStopsReading: a server that doesn't read a request's body is silent.
func TestServerStopsReading(t *testing.T) {
	inBubble(t, silent, func(t *testing.T, client func(Limits) *http.Client) {
		body := io.LimitReader(zeros{}, 1<<30)
		_, err := client(Limits{ReadTimeout: short, Timeout: -1}).Post("http://h", "", body)
		wantSilent(t, err, "read_timeout")
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestSlowButLiving: bodies whose pieces come within the limits are whole, though they
// take longer than both limits together, and so is content from a slow reader of the
// caller.
func TestSlowButLiving(t *testing.T) {
	const pieces, pause = 12, short * 9 / 10
	slow := func(<-chan struct{}) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			n, err := io.Copy(io.Discard, r.Body)
			if r.Method == http.MethodPost && (err != nil || n != pieces) {
				w.WriteHeader(http.StatusTeapot)
				return
			}
			for range pieces {
				io.WriteString(w, ".")
				w.(http.Flusher).Flush()
				time.Sleep(pause)
			}
		}
	}
	for name, req := range map[string]func(c *http.Client) (*http.Response, error){
		"Get": func(c *http.Client) (*http.Response, error) { return c.Get("http://h") },
		"Post": func(c *http.Client) (*http.Response, error) {
			return c.Post("http://h", "", &slowly{
				left:  pieces,
				pause: 2 * short,
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, slow, func(t *testing.T, client func(Limits) *http.Client) {
				resp, err := req(client(Limits{Timeout: short, ReadTimeout: short}))
				if err != nil {
					t.Fatal(err)
				}
				content, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				if err != nil || len(content) != pieces || resp.StatusCode != http.StatusOK {
					t.Errorf("%d: %q, %v, want 200, 12 bytes and nil", resp.StatusCode, content,
						err)
				}
			})
		})
	}
}

type slowly struct {
	left  int
	pause time.Duration
}

func (s *slowly) Read(p []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	time.Sleep(s.pause)
	s.left--
	p[0] = '.'
	return 1, nil
}

// TestCallersEnd: the end of the caller's context isn't a silence.
func TestCallersEnd(t *testing.T) {
	inBubble(t, silent, func(t *testing.T, client func(Limits) *http.Client) {
		ctx, cancel := context.WithTimeout(t.Context(), short)
		defer cancel()
		req, _ := http.NewRequestWithContext(ctx, http.MethodGet, "http://h", nil)
		_, err := client(Limits{}).Do(req)
		if words, kind := Fault(err, Settings{}); kind != nil || !errors.Is(err, ctx.Err()) {
			t.Errorf("Fault(%v) = %q, %v, want no kind and the context's error", err, words, kind)
		}
	})
}

// TestLimits: zero limits have their defaults.
func TestLimits(t *testing.T) {
	for _, c := range []struct {
		l              Limits
		response, slow time.Duration
		read           time.Duration
	}{
		{Limits{}, DefaultTimeout, SlowTimeout, DefaultReadTimeout},
		{Limits{Timeout: 5, ReadTimeout: 7}, 5, 5, 7},
		{Limits{Timeout: -1, ReadTimeout: -1}, -1, -1, -1},
	} {
		if a, s, r := c.l.response(false), c.l.response(true), c.l.read(); a != c.response ||
			s != c.slow ||
			r != c.read {
			t.Errorf("%+v: %v, %v, %v, want %v, %v and %v", c.l, a, s, r, c.response, c.slow,
				c.read)
		}
	}
}

// TestWrongScheme: HTTP in place of HTTPS, the reverse, and wrong certificates are
// ErrInvalid with what to write.
func TestWrongScheme(t *testing.T) {
	settings := Settings{
		TLS:       "say-tls",
		Plain:     "say-plain",
		Host:      "say-host",
		Authority: "say-ca",
	}
	quiet := func(srv *httptest.Server) *httptest.Server {
		srv.Config.ErrorLog = nolog
		return srv
	}
	nothing := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	plain := httptest.NewServer(nothing)
	defer plain.Close()
	secure := quiet(httptest.NewUnstartedServer(nothing))
	secure.StartTLS()
	defer secure.Close()
	// https://github.com/nginx/nginx/blob/master/src/http/ngx_http_special_response.c,
	// error 497
	nginx := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		io.WriteString(w,
			"<html><center>The plain HTTP request was sent to HTTPS port</center></html>")
	}))
	defer nginx.Close()
	mutual := quiet(httptest.NewUnstartedServer(nothing))
	mutual.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	mutual.StartTLS()
	defer mutual.Close()

	_, port, _ := strings.Cut(strings.TrimPrefix(secure.URL, "https://"), ":")
	trusting := func(srv *httptest.Server) http.RoundTripper { return srv.Client().Transport }
	for _, c := range []struct {
		name, url, want string
		by              http.RoundTripper
	}{
		{"TLS to plain", "https://" + strings.TrimPrefix(plain.URL, "http://"), "say-plain", nil},
		{"plain to TLS", "http://" + strings.TrimPrefix(secure.URL, "https://"), "say-tls", nil},
		{"plain to nginx", nginx.URL, "say-tls", nil},
		{"authority", secure.URL, "say-ca", nil},
		{"host", "https://localhost:" + port, "say-host", trusting(secure)},
		{"client certificate", mutual.URL, "say-host", trusting(mutual)},
	} {
		by := c.by
		if by == nil {
			by = &http.Transport{}
		}
		resp, err := (&http.Client{Transport: Limits{}.Transport(by)}).Get(c.url)
		if err == nil {
			resp.Body.Close()
			t.Errorf("%s: no error", c.name)
			continue
		}
		words, kind := Fault(err, settings)
		if kind != files.ErrInvalid || !strings.Contains(words, c.want) || !Refused(err) {
			t.Errorf("%s: %v: %q, %v; want ErrInvalid with %s", c.name, err, words, kind, c.want)
		}
	}
}

// TestOtherBadRequests: other responses of status 400 keep their bodies.
func TestOtherBadRequests(t *testing.T) {
	if err := mixup(&http.Request{Method: "HEAD", URL: &url.URL{Scheme: "http"}}, &http.Response{
		StatusCode: http.StatusBadRequest,
		ProtoMajor: 1,
		ProtoMinor: 1,
		Body:       http.NoBody,
	}, nil); err != nil {
		t.Errorf("mixup = %v, want nil", err)
	}
	long := strings.Repeat("x", 5000)
	addr := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		io.WriteString(w, long)
	})
	resp, err := client(Limits{}).Get(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if b, err := io.ReadAll(resp.Body); string(b) != long || err != nil {
		t.Errorf("%d bytes of %d, %v, want the same %d and nil", len(b), len(long), err, len(long))
	}
}

func TestEndpoint(t *testing.T) {
	for in, want := range map[string]string{
		"http://h":                      "http://h",
		"HTTP://H:9000/":                "http://h:9000",
		"https://h/gcs/":                "https://h/gcs",
		"hTTps://h/a/b//":               "https://h/a/b",
		" http://[::1]:9000 ":           "http://[::1]:9000",
		"http://127.0.0.1:1":            "http://127.0.0.1:1",
		"h:9000":                        "http:// or https://",
		"localhost":                     "http:// or https://",
		"//h":                           "http:// or https://",
		"s3://h":                        "http:// or https://",
		"http://":                       "no host",
		"http://:9000":                  "no host",
		"http://u:p@h":                  "password",
		"http://h?x=y":                  "query",
		"http://h#x":                    "fragment",
		"http://::1:9000":               "brackets",
		"http://h:port":                 "IPv6",
		"http://h:99999":                "65535",
		"http://h:0":                    "65535",
		"https://user@secretKEY%zz.com": "isn't a URL",
	} {
		u, err := Endpoint("endpoint", in)
		switch {
		case err == nil && u.String() == want:
		case err != nil && errors.Is(err,
			files.ErrInvalid) && strings.Contains(err.Error(), want) &&
			!strings.Contains(err.Error(), "KEY"):
		default:
			t.Errorf("%q: %v, %v; want %s", in, u, err, want)
		}
	}
}

func TestIsAlone(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "a.localhost": true, "127.0.0.1": true, "::1": true, "[::1]": true,
		"minio": true, "minio.": true, "s3.example.com": false, "10.0.0": false,
	} {
		if got := IsAlone(host); got != want {
			t.Errorf("%s: %v, want %v", host, got, want)
		}
	}
}

// TestCallEndsWithItsContext: a call ends with its context, even if the transport
// ignores the context.
func TestCallEndsWithItsContext(t *testing.T) {
	over := make(chan struct{})
	defer close(over)
	deaf := roundTrip(func(*http.Request) (*http.Response, error) { <-over; return nil, io.EOF })
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, "http://h", nil)
	if _, err := Prompt(deaf).RoundTrip(req); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("RoundTrip = %v, want context.DeadlineExceeded", err)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
