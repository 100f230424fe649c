package s3test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
)

// Wire is an HTTP client for the SDK whose responses to GetObject, with the bucket in
// the path, can break or be damaged. The zero value uses http.DefaultTransport. It is
// safe for concurrent use.
type Wire struct {
	// Next sends the requests; nil is http.DefaultTransport.
	Next http.RoundTripper

	cut     atomic.Int64 // 1 more than the bytes that pass; 0 is all
	damaged sync.Map     // paths
}

// Cut makes each body that begins from now on break after n bytes. If n is negative,
// none breaks.
func (w *Wire) Cut(n int64) { w.cut.Store(max(n+1, 0)) }

// Damage changes a byte of the object in every whole read from now on. Reads of a range
// are not changed.
func (w *Wire) Damage(bucket, key string) { w.damaged.Store("/"+bucket+"/"+key, true) }

// Do sends a request. It follows no redirect.
func (w *Wire) Do(req *http.Request) (*http.Response, error) {
	next := w.Next
	if next == nil {
		next = http.DefaultTransport
	}
	resp, err := next.RoundTrip(req)
	query := req.URL.RawQuery
	content := query == "" || strings.HasPrefix(query, "x-id=GetObject")
	if err != nil || req.Method != http.MethodGet || !content {
		return resp, err
	}
	if n := w.cut.Load(); n > 0 {
		resp.Body = &cutBody{resp.Body, n - 1}
	}
	if _, ok := w.damaged.Load(req.URL.Path); ok && resp.StatusCode == http.StatusOK {
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			return nil, err
		}
		if len(text) > 0 {
			text[len(text)/2] ^= 1
		}
		resp.Body = io.NopCloser(bytes.NewReader(text))
	}
	return resp, nil
}

// cutBody is a body that breaks after left bytes.
type cutBody struct {
	io.ReadCloser
	left int64
}

func (c *cutBody) Read(p []byte) (int, error) {
	if c.left == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := c.ReadCloser.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}
