package hostile

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
)

// endpoint is a server for one operation: the store, with a way in front of it.
type endpoint struct {
	service   *Service
	store     Store
	way       *Way // nil sends true responses
	hits      func(n int) bool
	elsewhere *elsewhere
	server    *httptest.Server
	done      context.Context
	cancel    context.CancelFunc

	mu       sync.Mutex
	most     int    // requests, after which stop is called
	stop     func() // ends the operation
	requests int
	begun    bool // a request began an upload in parts
	hit      int
	eligible int      // of the kinds that the way is for
	bare     bool     // a HEAD was refused by the way
	seen     []string // the requests, for the text of a failure
}

// maxSeen is how many requests are kept for the text of a failure.
const maxSeen = 40

func newEndpoint(s *Service, store Store, way *Way, hits func(int) bool, e *elsewhere) *endpoint {
	p := &endpoint{
		service:   s,
		store:     store,
		way:       way,
		hits:      hits,
		elsewhere: e,
	}
	p.done, p.cancel = context.WithCancel(context.Background())
	p.server = httptest.NewUnstartedServer(p)
	p.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	p.server.Start()
	return p
}

// tooMany makes the endpoint call stop once it has had more than most requests.
func (p *endpoint) tooMany(most int, stop func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.most, p.stop = most, stop
}

func (p *endpoint) url() string { return p.server.URL }

func (p *endpoint) close() {
	p.cancel()
	p.server.CloseClientConnections()
	p.server.Close()
}

// truthful makes the endpoint send true responses from now on.
func (p *endpoint) truthful() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.way = nil
}

// begins reports whether a request has begun an upload in parts.
func (p *endpoint) begins() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.begun
}

// count returns how many requests came, and how many of them the way served.
func (p *endpoint) count() (requests, hit int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.requests, p.hit
}

// refusedHead reports whether the way served a HEAD.
func (p *endpoint) refusedHead() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bare
}

func (p *endpoint) log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.seen, "; ")
}

// ServeHTTP serves a request, by the way or by the store.
func (p *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &Exchange{
		Request: r,
		Service: p.service,
		Kind:    p.service.Kind(r),
		w:       w,
		e:       p,
		done:    p.done,
	}
	p.mu.Lock()
	way := p.way
	if p.requests++; p.most > 0 && p.requests > p.most {
		p.stop()
	}
	p.begun = p.begun || x.Kind == Begin
	if len(p.seen) < maxSeen {
		p.seen = append(p.seen, r.Method+" "+r.URL.RequestURI())
	}
	if way != nil && !way.takes(x) {
		way = nil
	}
	if way != nil {
		if p.eligible++; !p.hits(p.eligible) {
			way = nil
		}
	}
	if way != nil {
		p.hit++
		x.N = p.hit
		p.bare = p.bare || r.Method == http.MethodHead
	}
	p.mu.Unlock()
	if way != nil && way.Early {
		way.Do(x)
		return
	}
	x.Content = make([]byte, max(r.ContentLength, 0))
	if _, err := io.ReadFull(r.Body, x.Content); err != nil {
		return
	}
	if r.ContentLength < 0 {
		var err error
		if x.Content, err = io.ReadAll(r.Body); err != nil {
			return
		}
	}
	if way == nil {
		x.Pass()
		return
	}
	way.Do(x)
}

// elsewhere is a host to which nothing may be sent.
type elsewhere struct {
	listener net.Listener

	mu      sync.Mutex
	reached []string
}

func newElsewhere() (*elsewhere, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	e := &elsewhere{listener: l}
	server := &http.Server{ErrorLog: log.New(io.Discard, "", 0)}
	server.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			e.note("a connection")
		}
	}
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secret := ""
		for _, k := range []string{"Authorization", "Cookie", "X-Amz-Security-Token"} {
			if r.Header.Get(k) != "" {
				secret += " with " + k
			}
		}
		e.note(r.Method + " " + r.URL.String() + secret)
		io.WriteString(w, "this is another host")
	})
	go server.Serve(l)
	return e, nil
}

func (e *elsewhere) note(what string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.reached = append(e.reached, what)
}

// url returns the host's URL, whose host name differs from the endpoint's.
func (e *elsewhere) url() string {
	_, port, _ := net.SplitHostPort(e.listener.Addr().String())
	return "http://localhost:" + port
}

// take returns what has come since the last time.
func (e *elsewhere) take() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.reached
	e.reached = nil
	return r
}
