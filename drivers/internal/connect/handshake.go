package connect

import (
	"crypto/tls"
	"errors"
	"net/http/httptrace"
	"sync/atomic"
)

// unsent is a failure before the connection was there: nothing was sent.
type unsent struct{ error }

func (u *unsent) Unwrap() error { return u.error }

// Unsent reports a failure in the TLS handshake. So nothing was carried out, whatever
// the request was. Only transports that heed net/http/httptrace tell so much.
func Unsent(err error) bool {
	_, ok := errors.AsType[*unsent](err)
	return ok
}

// handshake is how far a request came with its connection.
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

// failed reports that a handshake was begun, and that there was no connection.
func (h *handshake) failed() bool { return h != nil && h.begun.Load() && !h.reached.Load() }
