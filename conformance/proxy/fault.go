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

// Fault is what happens to a request that matches a Rule. The package has the usual
// faults; a program makes others by setting Do.
type Fault struct {
	Name string
	// Do sends the request on, or doesn't. If Do returns an error, the connection is
	// reset. If reading the response's body returns an error, the connection is reset
	// after the bytes before it.
	Do func(x *Exchange, next Send) (*http.Response, error)

	choose func(*rand.Rand) Fault
}

// Send sends a request to the server, or to the next fault.
type Send func(*http.Request) (*http.Response, error)

// Exchange is one request that passes through the proxy.
type Exchange struct {
	Request *http.Request
	proxy   *Proxy
}

// Service returns the service of the proxy.
func (x *Exchange) Service() *Service { return x.proxy.service }

// Wait waits for d. It returns an error if the client goes or the proxy closes first.
// If d is negative, only one of these ends the wait.
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

// ErrReset is the error of a connection that a fault reset.
var ErrReset error = &resetError{}

type resetError struct{}

func (*resetError) Error() string   { return "connection reset by the proxy" }
func (*resetError) Unwrap() error   { return syscall.ECONNRESET }
func (*resetError) Timeout() bool   { return false }
func (*resetError) Temporary() bool { return true }

// OneOf chooses one of the faults at random for each request.
func OneOf(faults ...Fault) Fault {
	return Fault{Name: "one of several", Do: faults[0].Do, choose: func(r *rand.Rand) Fault {
		f := faults[r.IntN(len(faults))]
		if f.choose != nil {
			f = f.choose(r)
		}
		return f
	}}
}

// Latency delays the request before it is sent.
func Latency(d time.Duration) Fault {
	return Fault{Name: "latency", Do: func(x *Exchange, next Send) (*http.Response, error) {
		if err := x.Wait(d); err != nil {
			return nil, err
		}
		return next(x.Request)
	}}
}

// ResetBefore resets the connection before the request reaches the server.
func ResetBefore() Fault {
	return Fault{
		Name: "reset before",
		Do:   func(*Exchange, Send) (*http.Response, error) { return nil, ErrReset },
	}
}

// ResetDuring resets the connection when n bytes of the request's body have reached
// the server. A body of at most n bytes arrives without its last byte; a request
// without a body doesn't arrive.
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
		if err == nil { // The server did not wait for the rest.
			resp.Body.Close()
		}
		return nil, ErrReset
	}}
}

// ResetAfter resets the connection when the server has carried out the request, so
// the response is lost.
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

// Truncate resets the connection after n bytes of the response's body, or after half
// of it if n is negative. If the body has at most n bytes, the connection is reset
// after the headers.
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
		// There is nothing to cut off.
		if resp.ContentLength == 0 || x.Request.Method == http.MethodHead {
			resp.Body.Close()
			return nil, ErrReset
		}
		resp.Body = &cutBody{ReadCloser: resp.Body, left: left, err: ErrReset}
		return resp, nil
	}}
}

// WrongLength makes the response's Content-Length differ from its body by delta
// bytes. If delta is positive, the body ends too early. If it is negative, the last
// bytes of the body are missing, which only a digest shows. Responses without a
// length or a body are unchanged.
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

// Stall sends n bytes of the response's body and then nothing, until the client goes
// or the proxy closes. If n is negative, it sends no response at all, although the
// server has carried out the request.
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

// StallUpload reads n bytes of the request's body and then nothing, until the proxy
// closes. It ends earlier if the client goes and that can be noticed: a server
// doesn't notice the end of a connection that it isn't reading.
func StallUpload(n int64) Fault {
	return Fault{Name: "stall upload", Do: func(x *Exchange, next Send) (*http.Response, error) {
		if x.Request.Body == nil || x.Request.Body == http.NoBody {
			return next(x.Request)
		}
		x.Request.Body = stalledBody(x, x.Request.Body, n)
		return next(x.Request)
	}}
}

// Bandwidth limits each body of a request or a response to bytesPerSecond bytes a
// second. The requests of a connection follow one another, so this is the bandwidth of a
// connection.
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

// Answer reads the request and sends this response in place of the server, which
// doesn't get the request. The response to a HEAD has no body.
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
