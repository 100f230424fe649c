package s3

import (
	"net/http"
	"runtime"
	"sync"
	"weak"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// noRedirectClients has a client without redirects for each client of the SDK's, so
// that a client's buckets share its connections.
var noRedirectClients sync.Map // weak.Pointer[awshttp.BuildableClient] to s3.HTTPClient

// withoutRedirects returns the HTTP client without redirects, so that no name, content
// or credential is sent where a response points. A client of another type than the
// SDK's and net/http's is returned as it is; checkResponses refuses a response that it
// got from another host.
func withoutRedirects(c s3.HTTPClient) s3.HTTPClient {
	switch c := c.(type) {
	case *http.Client:
		changed := *c
		changed.CheckRedirect = noRedirect
		return &changed
	case *awshttp.BuildableClient:
		key := weak.Make(c)
		if changed, ok := noRedirectClients.Load(key); ok {
			return changed.(s3.HTTPClient)
		}
		changed, loaded := noRedirectClients.LoadOrStore(key, newNoRedirectClient(c))
		if !loaded {
			runtime.AddCleanup(c, func(key weak.Pointer[awshttp.BuildableClient]) {
				noRedirectClients.Delete(key)
			}, key)
		}
		return changed.(s3.HTTPClient)
	}
	return c
}

// maxHeader is the largest size in bytes of a response's headers. S3's have a few KiB.
const maxHeader = mib

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func newNoRedirectClient(c *awshttp.BuildableClient) s3.HTTPClient {
	frozen := c.WithTransportOptions(func(t *http.Transport) {
		if t.MaxResponseHeaderBytes == 0 {
			t.MaxResponseHeaderBytes = maxHeader
		}
	}).Freeze()
	if h, ok := frozen.(*http.Client); ok {
		changed := *h
		changed.CheckRedirect = noRedirect
		return &changed
	}
	return frozen
}
