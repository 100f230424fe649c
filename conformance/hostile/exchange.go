package hostile

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"time"
)

// Exchange is one request that a way serves.
type Exchange struct {
	// Request is the request that came, and Content its body, which was read.
	Request *http.Request
	Content []byte
	Kind    Kind
	// N counts the requests of the operation that the way serves, from 1.
	N int
	// Service is the service that the endpoint simulates.
	Service *Service

	w    http.ResponseWriter
	e    *endpoint
	done context.Context // ends with the endpoint
}

// Answer is one response. The zero Status is 200.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	// Length is the value of the header Content-Length if it isn't the body's length;
	// "none" leaves it out, and the body ends with the connection.
	Length string
	// Stream writes what comes after Body, until it returns.
	Stream func(w io.Writer) error
}

// Truth carries out the request and returns the store's response.
func (x *Exchange) Truth() *Answer { return x.fetch(x.Request.URL) }

// fetch returns the store's response to the request, sent to that URL.
func (x *Exchange) fetch(u *url.URL) *Answer {
	r := x.Request.Clone(context.Background())
	r.URL = u
	r.Body = &readAhead{bytes.NewReader(x.Content), x.Content}
	rec := httptest.NewRecorder()
	x.e.store.ServeHTTP(rec, r)
	return &Answer{Status: rec.Code, Header: rec.Header(), Body: rec.Body.Bytes()}
}

// Twin returns the response to the same request for another file of the
// same size. ok is false if the request isn't for the file that has a twin.
func (x *Exchange) Twin() (a *Answer, ok bool) {
	u := *x.Request.URL
	u.RawPath = ""
	path := twinPath(u.Path)
	if path == u.Path {
		return nil, false
	}
	u.Path = path
	r := *x.Request
	r.Header = r.Header.Clone()
	for _, pin := range x.Service.Pins {
		r.Header.Del(pin)
		q := u.Query()
		q.Del(pin)
		u.RawQuery = q.Encode()
	}
	y := *x
	y.Request = &r
	return y.fetch(&u), true
}

// Pinned reports whether the request is for a certain version.
func (x *Exchange) Pinned() bool {
	for _, pin := range x.Service.Pins {
		if x.Request.Header.Get(pin) != "" || x.Request.URL.Query().Get(pin) != "" {
			return true
		}
	}
	return false
}

// Changes reports whether the request changes the store.
func (x *Exchange) Changes() bool { return x.Kind >= Write }

// Pass sends the true response.
func (x *Exchange) Pass() { x.Send(x.Truth()) }

// Refuse responds with an error of the service.
func (x *Exchange) Refuse(status int, code string) {
	h, body := x.Service.Refusal(x.Request, status, code, "")
	x.Send(&Answer{Status: status, Header: h, Body: []byte(body)})
}

// document returns a response whose body is a document of the service's content type.
func (x *Exchange) document(body string) *Answer {
	return &Answer{
		Header: http.Header{"Content-Type": {x.Service.Document}},
		Body:   []byte(body),
	}
}

// Elsewhere returns the URL of a host to which no request may be sent.
func (x *Exchange) Elsewhere() string { return x.e.elsewhere.url() }

// Self returns the URL of this endpoint.
func (x *Exchange) Self() string { return "http://" + x.Request.Host }

// Send sends the response.
func (x *Exchange) Send(a *Answer) {
	if a.Length != "" {
		x.Raw(func(w *bufio.Writer) { x.write(w, "HTTP/1.1", a) })
		return
	}
	h := x.w.Header()
	for k, v := range a.Header {
		h[k] = v
	}
	for _, k := range []string{"Date", "Content-Type"} { // Go's server would add these
		if _, ok := h[k]; !ok {
			h[k] = nil
		}
	}
	status := a.status()
	bodiless := x.Request.Method == http.MethodHead || status == 304 || status == 204
	if !bodiless && a.Stream == nil {
		h.Set("Content-Length", strconv.Itoa(len(a.Body)))
	}
	x.w.WriteHeader(status)
	if bodiless {
		return
	}
	x.w.Write(a.Body)
	if a.Stream != nil {
		a.Stream(x.w)
	}
}

func (a *Answer) status() int {
	if a.Status == 0 {
		return 200
	}
	return a.Status
}

// write writes the response in its form on the wire.
func (x *Exchange) write(w *bufio.Writer, proto string, a *Answer) {
	w.WriteString(proto + " " + strconv.Itoa(a.status()) + " " +
		http.StatusText(a.status()) + "\r\n")
	h := a.Header.Clone()
	h.Del("Content-Length")
	if length := a.length(); length != "none" {
		w.WriteString("Content-Length: " + length + "\r\n")
	}
	h.Write(w)
	w.WriteString("Connection: close\r\n\r\n")
	if x.Request.Method == http.MethodHead {
		return
	}
	w.Write(a.Body)
	if a.Stream != nil {
		a.Stream(w)
	}
}

func (a *Answer) length() string {
	if a.Length != "" {
		return a.Length
	}
	if a.Stream != nil {
		return "none"
	}
	if n := a.Header.Get("Content-Length"); n != "" {
		return n // of a HEAD
	}
	return strconv.Itoa(len(a.Body))
}

// Raw takes over the connection. It sends exactly what write writes, and then closes
// the connection.
func (x *Exchange) Raw(write func(w *bufio.Writer)) {
	c, buf, err := x.w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	stop := context.AfterFunc(x.done, func() { c.Close() })
	defer stop()
	defer c.Close()
	write(buf.Writer)
	buf.Flush()
	if t, ok := c.(*net.TCPConn); ok {
		t.CloseWrite() // so that what was written arrives
		t.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		io.CopyN(io.Discard, t, 1<<20)
	}
}

// Reset closes the connection at once.
func (x *Exchange) Reset() { panic(http.ErrAbortHandler) }

// Wait waits until the client's request ends or the endpoint is closed.
func (x *Exchange) Wait() {
	select {
	case <-x.Request.Context().Done():
	case <-x.done.Done():
	}
}

// Sleep waits for d. It returns false early if the client's request ends or the
// endpoint is closed.
func (x *Exchange) Sleep(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-x.Request.Context().Done():
	case <-x.done.Done():
	}
	return false
}
