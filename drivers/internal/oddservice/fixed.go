package oddservice

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"cloudfiles.dev/files/retry"
)

// Fixed is an HTTP client that has one response to all requests.
type Fixed struct {
	Status int
	Header http.Header
	Body   []byte
	Fail   func() error // if not nil, its error takes the response's place
}

// Do responds to a request.
func (f *Fixed) Do(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		io.Copy(io.Discard, req.Body)
		req.Body.Close()
	}
	if f.Fail != nil {
		return nil, f.Fail()
	}
	resp := &http.Response{
		StatusCode:    f.Status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        f.Header.Clone(),
		Body:          http.NoBody,
		ContentLength: int64(len(f.Body)),
		Request:       req,
	}
	if n, err := strconv.ParseInt(f.Header.Get("Content-Length"), 10, 64); err == nil {
		resp.ContentLength = n
	}
	if req.Method != http.MethodHead {
		resp.Body = io.NopCloser(bytes.NewReader(f.Body))
	}
	return resp, nil
}

// Once makes one attempt.
var Once = &retry.Policy{Attempts: 1, Delay: time.Millisecond, MaxDelay: time.Millisecond}

// readHeader reads "Key: value" lines.
func readHeader(text string) http.Header {
	h := http.Header{}
	for line := range strings.Lines(text) {
		if k, v, ok := strings.Cut(strings.TrimRight(line, "\r\n"), ":"); ok {
			h.Add(k, strings.TrimSpace(v))
		}
	}
	return h
}
