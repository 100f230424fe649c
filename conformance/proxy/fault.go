package proxy

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Fault is what happens to a request that a Rule hits. The package has the usual ones;
// others are made by writing Do.
type Fault struct {
	Name string
	// Do carries the request, or doesn't. An error is a connection that is reset; so is
	// one that the response's body gives, behind the bytes before it.
	Do func(x *Exchange, next Send) (*http.Response, error)

	choose func(*rand.Rand) Fault
}

// Send carries a request on to the server, or to the next fault.
type Send func(*http.Request) (*http.Response, error)

// Exchange is a request on its way.
type Exchange struct {
	Request *http.Request
	proxy   *Proxy
}

// Service is the service of the proxy.
func (x *Exchange) Service() *Service { return x.proxy.service }

// Wait waits, and returns an error when the client has gone or the proxy closed before.
// Below 0 it waits for that only.
func (x *Exchange) Wait(d time.Duration) error {
	var over <-chan time.Time
	if d >= 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		over = t.C
	}
	select {
	case <-over:
		return nil
	case <-x.Request.Context().Done():
		return context.Cause(x.Request.Context())
	case <-x.proxy.ctx.Done():
		return errors.New("the proxy was closed")
	}
}

// ErrReset is a connection that was reset on purpose.
var ErrReset error = &resetError{}

type resetError struct{}

func (*resetError) Error() string   { return "connection reset by the proxy" }
func (*resetError) Unwrap() error   { return syscall.ECONNRESET }
func (*resetError) Timeout() bool   { return false }
func (*resetError) Temporary() bool { return true }

// OneOf is one of the faults, chosen anew for each request that is hit.
func OneOf(faults ...Fault) Fault {
	return Fault{Name: "one of several", Do: faults[0].Do, choose: func(r *rand.Rand) Fault {
		f := faults[r.IntN(len(faults))]
		if f.choose != nil {
			f = f.choose(r)
		}
		return f
	}}
}

// Latency holds the request up before it is sent.
func Latency(d time.Duration) Fault {
	return Fault{Name: "latency", Do: func(x *Exchange, next Send) (*http.Response, error) {
		if err := x.Wait(d); err != nil {
			return nil, err
		}
		return next(x.Request)
	}}
}

// ResetBefore resets the connection before the request has come to the server.
func ResetBefore() Fault {
	return Fault{
		Name: "reset before",
		Do:   func(*Exchange, Send) (*http.Response, error) { return nil, ErrReset },
	}
}

// ResetDuring resets the connection when n bytes of the request's body have come to the
// server; a body that isn't longer arrives whole but for its last byte, and a request
// without one doesn't arrive.
func ResetDuring(n int64) Fault {
	return Fault{Name: "reset during", Do: func(x *Exchange, next Send) (*http.Response, error) {
		r := x.Request
		if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
			return nil, ErrReset
		}
		left := n
		if r.ContentLength > 0 {
			left = min(n, r.ContentLength-1)
		}
		r.Body = &cutBody{ReadCloser: r.Body, left: left, err: ErrReset}
		resp, err := next(r)
		if err == nil { // the server did not wait for the rest
			resp.Body.Close()
		}
		return nil, ErrReset
	}}
}

// ResetAfter resets the connection when the server has carried out the request: the
// answer is lost.
func ResetAfter() Fault {
	return Fault{Name: "reset after", Do: func(x *Exchange, next Send) (*http.Response, error) {
		resp, err := next(x.Request)
		if err != nil {
			return nil, err
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		return nil, ErrReset
	}}
}

// Truncate resets the connection behind n bytes of the response's body, or below 0 behind
// half of it. A response that has no more than n bytes is lost behind its headers.
func Truncate(n int64) Fault {
	return Fault{Name: "truncate", Do: func(x *Exchange, next Send) (*http.Response, error) {
		resp, err := next(x.Request)
		if err != nil {
			return nil, err
		}
		left := n
		if n < 0 {
			left = max(resp.ContentLength/2, 0)
		}
		if resp.ContentLength >= 0 && left >= resp.ContentLength {
			left = 0
		}
		// there is nothing to cut off
		if resp.ContentLength == 0 || x.Request.Method == http.MethodHead {
			resp.Body.Close()
			return nil, ErrReset
		}
		resp.Body = &cutBody{ReadCloser: resp.Body, left: left, err: ErrReset}
		return resp, nil
	}}
}

// WrongLength makes the response's Content-Length differ from its body by delta bytes:
// above 0 the body ends too early, below 0 its last bytes are missing, unnoticeably but
// for a digest. Answers without a length or a body stay as they are.
func WrongLength(delta int64) Fault {
	return Fault{Name: "wrong length", Do: func(x *Exchange, next Send) (*http.Response, error) {
		resp, err := next(x.Request)
		if err != nil || resp.ContentLength <= 0 || x.Request.Method == http.MethodHead ||
			resp.ContentLength+delta < 0 {
			return resp, err
		}
		resp.ContentLength += delta
		resp.Header.Set("Content-Length", strconv.FormatInt(resp.ContentLength, 10))
		if delta < 0 {
			resp.Body = &endBody{ReadCloser: resp.Body, left: resp.ContentLength}
		} else {
			resp.Body = &cutBody{
				ReadCloser: resp.Body,
				left:       resp.ContentLength,
				err:        io.ErrUnexpectedEOF,
				atEnd:      true,
			}
		}
		return resp, nil
	}}
}

// Stall hands out n bytes of the response's body and then nothing more, until the client
// goes or the proxy closes; below 0 there is no response at all, although the server has
// carried out the request.
func Stall(n int64) Fault {
	return Fault{Name: "stall", Do: func(x *Exchange, next Send) (*http.Response, error) {
		resp, err := next(x.Request)
		if err != nil {
			return nil, err
		}
		if n < 0 || resp.ContentLength == 0 || x.Request.Method == http.MethodHead {
			resp.Body.Close()
			return nil, x.Wait(-1)
		}
		resp.Body = stalledBody(x, resp.Body, n)
		return resp, nil
	}}
}

// StallUpload takes n bytes of the request's body and then nothing more, until the
// proxy closes, or the client goes where that can be seen: a server doesn't notice a
// connection that it isn't reading.
func StallUpload(n int64) Fault {
	return Fault{Name: "stall upload", Do: func(x *Exchange, next Send) (*http.Response, error) {
		if x.Request.Body == nil || x.Request.Body == http.NoBody {
			return next(x.Request)
		}
		x.Request.Body = stalledBody(x, x.Request.Body, n)
		return next(x.Request)
	}}
}

// Bandwidth slows the bodies of requests and responses down to so many bytes a second
// each. Requests of one connection come one after the other, so this is the bandwidth
// of a connection.
func Bandwidth(bytesPerSecond int64) Fault {
	return Fault{Name: "bandwidth", Do: func(x *Exchange, next Send) (*http.Response, error) {
		if x.Request.Body != nil && x.Request.Body != http.NoBody {
			x.Request.Body = &slowBody{ReadCloser: x.Request.Body, x: x, rate: bytesPerSecond}
		}
		resp, err := next(x.Request)
		if err == nil {
			resp.Body = &slowBody{ReadCloser: resp.Body, x: x, rate: bytesPerSecond}
		}
		return resp, err
	}}
}

// Answer reads the request and answers in the server's place, which does not get it. An
// error of a HEAD has no body.
func Answer(name string, status int, header http.Header, body string) Fault {
	return Fault{Name: name, Do: func(x *Exchange, _ Send) (*http.Response, error) {
		if x.Request.Body != nil {
			io.Copy(io.Discard, x.Request.Body)
			x.Request.Body.Close()
		}
		h := header.Clone()
		if h == nil {
			h = http.Header{}
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		return &http.Response{
			StatusCode:    status,
			Status:        strconv.Itoa(status) + " " + http.StatusText(status),
			Proto:         "HTTP/1.1",
			ProtoMajor:    1,
			ProtoMinor:    1,
			Header:        h,
			ContentLength: int64(len(body)),
			Body:          io.NopCloser(strings.NewReader(body)),
			Request:       x.Request,
		}, nil
	}}
}
