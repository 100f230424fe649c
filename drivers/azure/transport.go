package azure

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"cloudfiles.dev/drivers/internal/bounds"
	"cloudfiles.dev/drivers/internal/connect"
)

// transport is what the buckets share that a URL opened (X3). The SDK's own keeps ten
// idle connections a host, and would decompress what is stored compressed.
var transport = sync.OnceValue(func() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment,
			DialContext: (&net.Dialer{
				Timeout:   30 * time.Second,
				KeepAlive: 30 * time.Second,
			}).DialContext,
			ForceAttemptHTTP2:     true,
			MaxIdleConns:          256,
			MaxIdleConnsPerHost:   64,
			IdleConnTimeout:       90 * time.Second,
			TLSHandshakeTimeout:   10 * time.Second,
			ExpectContinueTimeout: time.Second,
			DisableCompression:    true,
			// The service's have a few KiB; what comes before a response counts too.
			MaxResponseHeaderBytes: maxHeader,
		},
		// A response that leads elsewhere is an error: credentials don't go to other
		// hosts.
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
})

// What is read of a response at most, in bytes. A page of 5,000 names has 4 MiB, and 30
// MiB where each is as long as can be and escaped.
const (
	maxAnswer = 32 * mib
	maxError  = 4 * mib
	maxHeader = mib
)

// bounded reads no more of a response than it can have. The SDK would read it whole,
// whatever comes.
type bounded struct{ *http.Client }

// sdkCopySource is a header's name as the SDK writes it, which is not the canonical form.
var sdkCopySource = "x-ms-copy-source"

// Do sends the request.
func (b bounded) Do(req *http.Request) (*http.Response, error) {
	if len(req.Header[sdkCopySource]) > 0 || req.Header.Get(sdkCopySource) != "" {
		req = req.WithContext(connect.Slow(req.Context()))
	}
	resp, err := b.Client.Do(req)
	if err != nil {
		return resp, err
	}
	limit := int64(maxError)
	switch q := req.URL.RawQuery; {
	case resp.StatusCode >= 300:
	case req.Method == http.MethodGet && !isContainer(q):
		return resp, nil // content
	case isContainer(q):
		limit = maxAnswer
	}
	resp.Body = &limited{ReadCloser: resp.Body, limit: limit}
	return resp, nil
}

// isContainer reports whether a request was for the container: its response is a
// document.
func isContainer(query string) bool { return strings.Contains(query, "restype=container") }

// limited is a body that ends with an error behind its limit. What comes after maxFree
// is looked at to its end before it goes on: the SDK takes more than twice of what it
// reads, and would do so for a response of which nothing is kept.
type limited struct {
	io.ReadCloser
	got, limit int64
	rest       io.Reader
}

// maxFree is what the service's own pages stay below, as a rule.
const maxFree = 8 * mib

func (l *limited) Read(p []byte) (int, error) {
	if l.rest != nil {
		return l.rest.Read(p)
	}
	if l.got >= min(maxFree, l.limit) {
		rest, err := bounds.Hold(l.ReadCloser, l.limit-l.got)
		switch {
		case err == bounds.ErrTooLong:
			return 0, &tooLong{l.limit}
		case err != nil:
			return 0, err
		}
		l.rest = rest
		return l.rest.Read(p)
	}
	n, err := l.ReadCloser.Read(p[:min(int64(len(p)), l.limit-l.got)])
	l.got += int64(n)
	return n, err
}

// tooLong is a response that isn't read to its end.
type tooLong struct{ limit int64 }

func (t *tooLong) Error() string {
	return fmt.Sprintf("a response of more than %d MiB", t.limit/mib)
}
