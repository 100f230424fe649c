package connect

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
)

// unsent is the failure of a request that was not sent whole.
type unsent struct {
	error
	handshake bool // there was no connection yet
}

func (u *unsent) Unwrap() error { return u.error }

// Unsent reports whether the request was surely not sent whole, and so was not carried
// out: the TLS handshake failed, or the connection didn't take the request's last byte.
// It finds nothing for transports that neither support net/http/httptrace nor return the
// connection's errors.
func Unsent(err error) bool {
	_, ok := errors.AsType[*unsent](err)
	return ok
}

// brokeInHandshake reports whether an Unsent failure was that of the TLS handshake.
func brokeInHandshake(err error) bool {
	u, ok := errors.AsType[*unsent](err)
	return ok && u.handshake
}

// progress is how far a request got. A transport may send it more than once.
type progress struct {
	hooks     httptrace.ClientTrace
	begun     atomic.Bool // the TLS handshake
	shaken    atomic.Bool // it succeeded
	conns     atomic.Int32
	written   atomic.Bool  // whole, but for what HTTP/1 still has in its buffer
	unwritten atomic.Int32 // how often writing it failed
}

// traced returns a context that follows a request, and how far that gets. The progress is
// nil for a request without TLS and without a body, which costs no trace.
func traced(ctx context.Context, req *http.Request) (context.Context, *progress) {
	secure, hasBody := req.URL.Scheme == "https", req.Body != nil && req.Body != http.NoBody
	if !secure && !hasBody {
		return ctx, nil
	}
	p := &progress{}
	p.hooks.GotConn = func(httptrace.GotConnInfo) { p.conns.Add(1) }
	if secure {
		p.hooks.TLSHandshakeStart = func() { p.begun.Store(true) }
		p.hooks.TLSHandshakeDone = func(_ tls.ConnectionState, err error) {
			if err == nil {
				p.shaken.Store(true)
			}
		}
	}
	if hasBody {
		p.hooks.WroteRequest = p.wrote
	}
	return httptrace.WithClientTrace(ctx, &p.hooks), p
}

func (p *progress) wrote(i httptrace.WroteRequestInfo) {
	if i.Err == nil {
		p.written.Store(true)
	} else {
		p.unwritten.Add(1)
	}
}

// judge returns err, with which the request failed, as an unsent if it shows that.
func (p *progress) judge(err error) error {
	if p == nil {
		return err
	}
	conns, unwritten := p.conns.Load(), p.unwritten.Load()
	switch {
	case conns == 0 && p.begun.Load() && !p.shaken.Load():
		return &unsent{err, true}
	case unwritten > 0 && unwritten >= conns && !p.written.Load(),
		conns == 1 && failedWrite(err):
		return &unsent{err, false}
	}
	return err
}

// failedWrite finds a connection's error of a write, which has not taken all bytes.
func failedWrite(err error) bool {
	for err != nil {
		o, ok := errors.AsType[*net.OpError](err)
		if !ok || o.Op == "write" {
			return ok
		}
		err = o.Err // "readfrom", for one
	}
	return false
}
