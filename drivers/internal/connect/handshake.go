package connect

import (
	"crypto/tls"
	"errors"
	"net/http/httptrace"
	"sync/atomic"
)

// unsent is a failure before there was a connection, so nothing was sent.
type unsent struct{ error }

func (u *unsent) Unwrap() error { return u.error }

// Unsent reports whether the TLS handshake failed, so that the request was not carried
// out. It is true only for transports that support net/http/httptrace.
func Unsent(err error) bool {
	_, ok := errors.AsType[*unsent](err)
	return ok
}

// handshake is how far a request got with its connection.
type handshake struct{ begun, reached atomic.Bool }

func (h *handshake) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		TLSHandshakeStart: func() { h.begun.Store(true) },
		TLSHandshakeDone: func(_ tls.ConnectionState, err error) {
			if err == nil {
				h.reached.Store(true)
			}
		},
		GotConn: func(httptrace.GotConnInfo) { h.reached.Store(true) },
	}
}

// failed reports whether a handshake began and no connection followed.
func (h *handshake) failed() bool { return h != nil && h.begun.Load() && !h.reached.Load() }
