package proxy

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
)

// T is the part of a test that the package uses; *testing.T and conformance.T
// implement it.
type T interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Proxy counts and records requests and injects faults. It is safe for concurrent
// use.
type Proxy struct {
	service *Service
	ctx     context.Context // ends when the proxy closes
	cancel  context.CancelFunc
	server  *server // nil inside the process

	mu      sync.Mutex
	rng     *rand.Rand
	rules   []*rule
	records []*Record
	first   int // number of the first record
	busy    sync.WaitGroup
}

// New returns a Proxy for use inside the process. s determines the kinds of requests;
// nil is Plain.
func New(s *Service) *Proxy {
	if s == nil {
		s = Plain
	}
	p := &Proxy{service: s, rng: rand.New(rand.NewPCG(1, 1))}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p
}

// Service returns the service that determines the kinds of requests.
func (p *Proxy) Service() *Service { return p.service }

// Close ends stalled requests. For a proxy that Start made, it closes the listener
// and its connections and waits for them. Calling Close twice is allowed.
func (p *Proxy) Close() {
	p.mu.Lock() // No request begins after this.
	p.cancel()
	p.mu.Unlock()
	if p.server != nil {
		p.server.close()
	}
	p.busy.Wait()
}

// Seed seeds the rules' chances, which repeat as far as the order of the requests
// does. A new Proxy has the seed 1.
func (p *Proxy) Seed(seed uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rng = rand.New(rand.NewPCG(seed, 1))
}

// RoundTripper returns a transport that sends requests through the proxy to base. If
// base is nil, it is http.DefaultTransport.
func (p *Proxy) RoundTripper(base http.RoundTripper) http.RoundTripper {
	if base == nil {
		base = http.DefaultTransport
	}
	return &transport{p, base}
}

type transport struct {
	proxy *Proxy
	base  http.RoundTripper
}

// RoundTrip sends one request through the proxy.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	return t.proxy.carry(r, t.base)
}

// carry counts and records the request, and sends it through the faults that apply.
func (p *Proxy) carry(r *http.Request, base http.RoundTripper) (*http.Response, error) {
	rec, faults := p.begin(r)
	body := &countedBody{
		body:  r.Body,
		count: func(n int) { p.update(func() { rec.Sent += int64(n) }) },
	}
	out := r.WithContext(r.Context())
	if r.Body != nil && r.Body != http.NoBody {
		out.Body = body
		out.GetBody = nil // Only the client repeats a request, so each attempt is counted.
	}
	send := Send(func(r *http.Request) (*http.Response, error) {
		p.update(func() { rec.Reached = true })
		resp, err := base.RoundTrip(r)
		if err == nil {
			p.noteUpload(rec, resp)
		}
		return resp, err
	})
	for i := len(faults) - 1; i >= 0; i-- {
		f, next := faults[i], send
		send = func(r *http.Request) (*http.Response, error) {
			return f.Do(&Exchange{
				Request: r,
				proxy:   p,
			}, next)
		}
	}
	resp, err := send(out)
	if err != nil {
		if out.Body != nil {
			out.Body.Close()
		}
		p.update(func() { rec.Err = err.Error() })
		return nil, err
	}
	if r.Method == http.MethodHead && resp.Body != http.NoBody {
		resp.Body.Close()
		resp.Body = http.NoBody
	}
	p.update(func() { rec.Status, rec.Answer = resp.StatusCode, redacted(resp.Header) })
	resp.Request = r
	resp.Body = &countedBody{
		body:   resp.Body,
		count:  func(n int) { p.update(func() { rec.Received += int64(n) }) },
		failed: func(err error) { p.update(func() { rec.Err = err.Error() }) },
	}
	return resp, nil
}

// enter counts a request to the server, unless the proxy is closed.
func (p *Proxy) enter() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ctx.Err() != nil {
		return false
	}
	p.busy.Add(1)
	return true
}

func (p *Proxy) update(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

// countedBody counts the bytes that pass through a body.
type countedBody struct {
	body   io.ReadCloser
	count  func(n int)
	failed func(error)
}

func (c *countedBody) Read(b []byte) (int, error) {
	n, err := c.body.Read(b)
	if n > 0 {
		c.count(n)
	}
	if err != nil && !errors.Is(err, io.EOF) && c.failed != nil {
		c.failed(err)
	}
	return n, err
}

func (c *countedBody) Close() error { return c.body.Close() }
