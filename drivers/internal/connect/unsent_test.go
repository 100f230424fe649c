package connect

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"cloudfiles.dev/files"
)

// TestUnsent: a failure in the TLS handshake is Unsent, and none after the request was
// sent.
func TestUnsent(t *testing.T) {
	closing, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer closing.Close()
	go func() {
		for {
			c, err := closing.Accept()
			if err != nil {
				return
			}
			c.Read(make([]byte, 1<<10))
			c.Close()
		}
	}()
	breaks := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		panic(http.ErrAbortHandler)
	})
	plain, secure := httptest.NewServer(breaks), httptest.NewUnstartedServer(breaks)
	defer plain.Close()
	secure.StartTLS()
	defer secure.Close()
	broken := errors.New("broken")
	for what, c := range map[string]struct {
		url  string
		base http.RoundTripper
		want bool
	}{
		"in the handshake": {
			"https://" + closing.Addr().String(), &http.Transport{}, true,
		},
		"in plain HTTP": {
			"http://" + closing.Addr().String(), &http.Transport{}, false,
		},
		"a response that is lost":      {secure.URL, secure.Client().Transport, false},
		"a plain response that's lost": {plain.URL, &http.Transport{}, false},
		"a transport without a trace": {"https://host", roundTrip(
			func(*http.Request) (*http.Response, error) { return nil, broken }), false},
	} {
		req, err := http.NewRequestWithContext(t.Context(), "DELETE", c.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := Limits{}.Transport(c.base).RoundTrip(req)
		if err == nil {
			resp.Body.Close()
			t.Errorf("%s: no error", what)
			continue
		}
		_, kind := Fault(err, Settings{})
		if Unsent(err) != c.want || Refused(err) || c.want != (kind == files.ErrUnavailable) {
			t.Errorf("%s: unsent %v, %v: %v", what, Unsent(err), kind, err)
		}
	}
}

// TestUnsentBody: a request is Unsent if no connection has taken its whole body.
func TestUnsentBody(t *testing.T) {
	const size = 1 << 20
	// read serves a connection: it reads n bytes of a request's body, and closes.
	read := func(n int) func(net.Conn) {
		return func(c net.Conn) {
			defer c.Close()
			if r, err := http.ReadRequest(bufio.NewReaderSize(c, 16)); err == nil {
				io.CopyN(io.Discard, r.Body, int64(n))
			}
		}
	}
	again := func(next http.RoundTripper) http.RoundTripper { // as some callers' clients do
		return roundTrip(func(req *http.Request) (*http.Response, error) {
			if resp, err := next.RoundTrip(req); err == nil {
				return resp, nil
			}
			req = req.Clone(req.Context())
			req.Body, _ = req.GetBody()
			return next.RoundTrip(req)
		})
	}
	once := func(next http.RoundTripper) http.RoundTripper { return next }
	for what, c := range map[string]struct {
		wrap  func(http.RoundTripper) http.RoundTripper
		serve []func(net.Conn)
		size  int
		want  bool
	}{
		"nothing is read":          {once, []func(net.Conn){read(0)}, size, true},
		"half is read":             {once, []func(net.Conn){read(size / 2)}, size, true},
		"all but a byte":           {once, []func(net.Conn){read(size - 1)}, size, true},
		"all is read":              {once, []func(net.Conn){read(size)}, size, false},
		"a small one":              {once, []func(net.Conn){read(10)}, 10, false},
		"half is read, twice":      {again, []func(net.Conn){read(9), read(size / 2)}, size, true},
		"all is read, then half":   {again, []func(net.Conn){read(size), read(9)}, size, false},
		"half is read, then all":   {again, []func(net.Conn){read(9), read(size)}, size, false},
		"a small one, then a part": {again, []func(net.Conn){read(10), read(0)}, 10, false},
		"a small one is cut":       {wrap: once, size: 10, want: true}, // after its header
	} {
		n := 0
		tr := &http.Transport{
			DialContext: func(context.Context, string, string) (net.Conn, error) {
				if c.serve == nil {
					return &cutting{closed: make(chan struct{})}, nil
				}
				ours, theirs := net.Pipe() // without a buffer: what is written was read
				go c.serve[n](theirs)
				n++
				return ours, nil
			},
		}
		req, err := http.NewRequestWithContext(t.Context(), "PUT", "http://host/",
			strings.NewReader(strings.Repeat("x", c.size)))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := Limits{}.Transport(c.wrap(tr)).RoundTrip(req)
		if err == nil {
			resp.Body.Close()
			t.Errorf("%s: no error", what)
			continue
		}
		if words, kind := Fault(err, Settings{}); Unsent(err) != c.want || kind != nil {
			t.Errorf("%s: unsent %v, want %v; %q: %v", what, Unsent(err), c.want, words, err)
		}
		tr.CloseIdleConnections()
	}
}

// TestUnsentByTrace: what a transport reports of its connections decides, and the error of
// the last of several connections says nothing about the others.
func TestUnsentByTrace(t *testing.T) {
	cut := &net.OpError{Op: "write", Err: syscall.ECONNRESET}
	const conn, whole, part = "conn", "whole", "part"
	for _, c := range []struct {
		steps []string
		err   error
		want  bool
	}{
		{err: cut},
		{steps: []string{conn}, err: io.ErrUnexpectedEOF},
		{steps: []string{conn}, err: cut, want: true},
		{steps: []string{conn, whole}, err: io.ErrUnexpectedEOF},
		{steps: []string{conn, whole}, err: cut, want: true}, // of what was buffered
		{steps: []string{conn, part}, err: io.ErrUnexpectedEOF, want: true},
		{steps: []string{part}, err: io.ErrUnexpectedEOF, want: true},
		{steps: []string{conn, part, conn}, err: io.ErrUnexpectedEOF},
		{steps: []string{conn, part, conn, part}, err: io.ErrUnexpectedEOF, want: true},
		{steps: []string{conn, whole, conn}, err: cut},
		{steps: []string{conn, whole, part}, err: io.ErrUnexpectedEOF},
		{
			steps: []string{conn, whole},
			err:   &net.OpError{Op: "readfrom", Err: cut},
			want:  true,
		},
		{
			steps: []string{conn, whole},
			err:   &net.OpError{Op: "read", Err: syscall.ECONNRESET},
		},
	} {
		next := roundTrip(func(req *http.Request) (*http.Response, error) {
			trace := httptrace.ContextClientTrace(req.Context())
			for _, step := range c.steps {
				switch step {
				case conn:
					trace.GotConn(httptrace.GotConnInfo{})
				case whole:
					trace.WroteRequest(httptrace.WroteRequestInfo{})
				case part:
					trace.WroteRequest(httptrace.WroteRequestInfo{Err: io.ErrClosedPipe})
				}
			}
			return nil, c.err
		})
		req, err := http.NewRequestWithContext(t.Context(), "PUT", "http://host/",
			strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err = (Limits{}).Transport(next).RoundTrip(req); Unsent(err) != c.want {
			t.Errorf("%q, %v: unsent %v, want %v", c.steps, c.err, Unsent(err), c.want)
		}
	}
}

// cutting is a connection that takes a request's header and nothing more.
type cutting struct {
	net.Conn
	closed chan struct{}
	once   sync.Once
	header atomic.Bool // is written
}

func (c *cutting) Write(p []byte) (int, error) {
	if !c.header.Swap(true) {
		return len(p), nil
	}
	return 0, &net.OpError{Op: "write", Err: syscall.ECONNRESET}
}

func (c *cutting) Read([]byte) (int, error) {
	<-c.closed
	return 0, net.ErrClosed
}

func (c *cutting) Close() error {
	c.once.Do(func() { close(c.closed) })
	return nil
}
