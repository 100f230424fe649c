package proxy

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Options are the options of Start.
type Options struct {
	// TargetHost sends the server's own address as the Host header instead of the
	// client's, and replaces it by the proxy's in the Location header of responses.
	// It is for servers that build URLs of themselves (fake-gcs-server), and not for
	// servers that check signatures.
	TargetHost bool
	// MaxConns is how many connections the proxy keeps open at a time; it resets
	// further ones. 0 is no limit.
	MaxConns int
}

// Start starts a proxy on a free port of the loopback interface, in front of the
// server at the URL target ("http://127.0.0.1:7070"), and closes it when the test
// ends. The service determines the kinds of requests; nil is Plain.
func Start(t T, s *Service, target string, opts *Options) *Proxy {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "http" || u.Host == "" || strings.Trim(u.Path, "/") != "" {
		t.Fatalf("proxy: the target must be like http://127.0.0.1:7070")
	}
	if opts == nil {
		opts = &Options{}
	}
	return start(t, s, u.Host, *opts)
}

// Serve starts a proxy without a server: the fault, such as an Answer, handles every
// request.
func Serve(t T, s *Service, f Fault) *Proxy {
	t.Helper()
	p := start(t, s, "", Options{})
	p.Add(Rule{Fault: f})
	return p
}

func start(t T, s *Service, target string, opts Options) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("proxy: %v", err)
	}
	p := New(s)
	p.server = newServer(p, l, target, opts)
	t.Cleanup(p.Close)
	return p
}

// URL returns the address of a proxy that Start made: "http://127.0.0.1:41234".
func (p *Proxy) URL() string { return "http://" + p.Addr() }

// Addr returns the host and port of a proxy that Start made.
func (p *Proxy) Addr() string { return p.server.listener.Addr().String() }

// Conns returns how many connections a proxy that Start made has accepted, and how
// many of these it has reset because of Options.MaxConns.
func (p *Proxy) Conns() (accepted, refused int64) {
	return p.server.listener.accepted.Load(), p.server.listener.refused.Load()
}

// OpenConns returns how many connections from clients a proxy that Start made has
// open.
func (p *Proxy) OpenConns() int64 { return p.server.listener.open.Load() }

type server struct {
	proxy     *Proxy
	target    string // host and port
	opts      Options
	listener  *listener
	http      *http.Server
	transport *http.Transport
	done      chan struct{}
	once      sync.Once
}

type connKey struct{}

func newServer(p *Proxy, l net.Listener, target string, opts Options) *server {
	s := &server{
		proxy:    p,
		target:   target,
		opts:     opts,
		listener: &listener{Listener: l, most: int64(opts.MaxConns)},
		done:     make(chan struct{}),
	}
	s.transport = &http.Transport{
		DisableCompression:    true,
		MaxIdleConnsPerHost:   256,
		IdleConnTimeout:       30 * time.Second,
		ExpectContinueTimeout: 10 * time.Second,
	}
	s.http = &http.Server{
		Handler:  s,
		ErrorLog: log.New(io.Discard, "", 0),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, c)
		},
		BaseContext: func(net.Listener) context.Context { return p.ctx },
	}
	go func() {
		defer close(s.done)
		s.http.Serve(s.listener)
	}()
	return s
}

func (s *server) close() {
	s.once.Do(func() {
		s.http.Close()
		<-s.done
		s.proxy.busy.Wait()
		s.transport.CloseIdleConnections()
	})
}

// ServeHTTP passes one request to the server and its response back.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.proxy.enter() {
		reset(r)
	}
	defer s.proxy.busy.Done()
	out := s.outgoing(r)
	defer out.Body.Close()
	resp, err := s.proxy.carry(out, s.transport)
	if err != nil {
		reset(r)
	}
	defer resp.Body.Close()
	h := w.Header()
	for k, v := range resp.Header {
		h[k] = v
	}
	removeHopByHop(h)
	for _, k := range []string{"Date", "Content-Type"} { // net/http would add these.
		if _, ok := h[k]; !ok {
			h[k] = nil
		}
	}
	if s.opts.TargetHost && h.Get("Location") != "" {
		h.Set("Location",
			strings.Replace(h.Get("Location"), "//"+s.target, "//"+s.listener.Addr().String(), 1))
	}
	for k := range resp.Trailer {
		h.Add("Trailer", k)
	}
	w.WriteHeader(resp.StatusCode)
	if copyBody(w, resp.Body) != nil {
		reset(r)
	}
	if err := r.Context().Err(); err != nil { // The client went before the end of the response.
		if c, ok := resp.Body.(*countedBody); ok {
			c.failed(err)
		}
	}
	for k, v := range resp.Trailer {
		h[k] = v
	}
}

// outgoing returns the request that is sent to the server: the same target, headers
// and body.
func (s *server) outgoing(r *http.Request) *http.Request {
	out := r.Clone(r.Context())
	out.RequestURI, out.Close = "", false
	out.URL.Scheme, out.URL.Host = "http", s.target
	if path, query, ok := strings.Cut(r.RequestURI,
		"?"); strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "//") {
		// Exactly as sent, since it may be signed.
		out.URL.Opaque, out.URL.RawQuery, out.URL.ForceQuery = path, query, ok
	}
	if s.opts.TargetHost {
		out.Host = s.target
	}
	removeHopByHop(out.Header)
	if _, ok := out.Header["User-Agent"]; !ok {
		out.Header.Set("User-Agent", "") // Send no header of our own.
	}
	out.Body = http.NoBody
	if r.ContentLength != 0 {
		out.Body = &openBody{Reader: r.Body}
	}
	out.Trailer = r.Trailer // Filled in after the body.
	return out
}

// openBody is a request's body whose Close only ends reading. The real Close would
// wait for a client that waits for 100 Continue; the server closes that body itself.
type openBody struct {
	io.Reader
	closed atomic.Bool
}

func (o *openBody) Read(p []byte) (int, error) {
	if o.closed.Load() {
		return 0, http.ErrBodyReadAfterClose
	}
	return o.Reader.Read(p)
}

func (o *openBody) Close() error {
	o.closed.Store(true)
	return nil
}

// removeHopByHop removes the headers that belong to one connection (RFC 9110 §7.6.1).
func removeHopByHop(h http.Header) {
	for _, v := range h.Values("Connection") {
		for k := range strings.SplitSeq(v, ",") {
			h.Del(strings.TrimSpace(k))
		}
	}
	for _, k := range []string{
		"Connection", "Keep-Alive", "Proxy-Connection", "Te", "Transfer-Encoding", "Upgrade",
	} {
		h.Del(k)
	}
}

// copyBody passes on the body's bytes as they arrive. It returns an error of the body or
// of a write. A failed flush isn't an error: the client has gone.
func copyBody(w http.ResponseWriter, body io.Reader) error {
	buf := make([]byte, 64<<10)
	flush := http.NewResponseController(w).Flush
	for {
		n, err := body.Read(buf)
		if n > 0 {
			if _, err := w.Write(buf[:n]); err != nil {
				return err
			}
			if flush() != nil {
				return nil
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			flush()
			return err
		}
	}
}

// reset ends the request's connection with a RST after the bytes that were written.
func reset(r *http.Request) {
	if c, ok := r.Context().Value(connKey{}).(interface{ SetLinger(int) error }); ok {
		c.SetLinger(0)
	}
	panic(http.ErrAbortHandler)
}

// listener counts connections and refuses those above a limit.
type listener struct {
	net.Listener
	most                    int64
	open, accepted, refused atomic.Int64
}

func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		l.accepted.Add(1)
		if n := l.open.Add(1); l.most > 0 && n > l.most {
			l.open.Add(-1)
			l.refused.Add(1)
			c.(*net.TCPConn).SetLinger(0)
			c.Close()
			continue
		}
		return &conn{TCPConn: c.(*net.TCPConn), listener: l}, nil
	}
}

type conn struct {
	*net.TCPConn
	listener *listener
	once     sync.Once
}

func (c *conn) Close() error {
	c.once.Do(func() { c.listener.open.Add(-1) })
	return c.TCPConn.Close()
}
