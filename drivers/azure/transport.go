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

// transport is shared by all buckets that URLs open (X3). The SDK's own transport keeps
// ten idle connections a host, and would decompress content that is stored compressed.
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
			// The service's headers have a few KiB; informational responses count too.
			MaxResponseHeaderBytes: maxHeader,
		},
		// A redirect is an error: credentials are not sent to other hosts.
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
})

// The most that is read of a response, in bytes. A page of 5,000 names has 4 MiB, or 30
// MiB if each name has the full length and is escaped.
const (
	maxDocument = 32 * mib
	maxError    = 4 * mib
	maxHeader   = mib
)

// bounded limits how much of a response is read. The SDK would read all of it.
type bounded struct{ *http.Client }

// sdkCopySource is a header's name as the SDK writes it, not in canonical form.
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
		return resp, nil // a blob's content
	case isContainer(q):
		limit = maxDocument
	}
	resp.Body = &limited{ReadCloser: resp.Body, limit: limit}
	return resp, nil
}

// isContainer reports whether a request was for the container; then its response is a
// document.
func isContainer(query string) bool { return strings.Contains(query, "restype=container") }

// limited is a body that fails at its limit. After maxFree bytes it reads the rest to
// the end before it returns any of it: the SDK uses more than twice the memory of what
// it reads, even for a response that is then refused.
type limited struct {
	io.ReadCloser
	got, limit int64
	rest       io.Reader
}

// maxFree is more than the service's own pages usually have, in bytes.
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

// tooLong is the error for a response that is longer than its limit.
type tooLong struct{ limit int64 }

func (t *tooLong) Error() string {
	return fmt.Sprintf("a response of more than %d MiB", t.limit/mib)
}
