package s3

import (
	"net/http"
	"runtime"
	"sync"
	"weak"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// staying are the clients without redirects, by the SDK's client that each was made of,
// which keeps its connections for itself.
var staying sync.Map // weak.Pointer[awshttp.BuildableClient] to s3.HTTPClient

// withoutRedirects is the HTTP client without its redirects: no name, content or
// credential goes where a response leads. A client of another type than the SDK's and
// net/http's is asked as it is, and what it brings from elsewhere is refused.
func withoutRedirects(c s3.HTTPClient) s3.HTTPClient {
	switch c := c.(type) {
	case *http.Client:
		own := *c
		own.CheckRedirect = noRedirect
		return &own
	case *awshttp.BuildableClient:
		key := weak.Make(c)
		if own, ok := staying.Load(key); ok {
			return own.(s3.HTTPClient)
		}
		own, loaded := staying.LoadOrStore(key, stayingClient(c))
		if !loaded {
			runtime.AddCleanup(c, func(key weak.Pointer[awshttp.BuildableClient]) {
				staying.Delete(key)
			}, key)
		}
		return own.(s3.HTTPClient)
	}
	return c
}

// maxHeader is how many bytes the headers of a response have at most. S3's have a few
// KiB.
const maxHeader = mib

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func stayingClient(c *awshttp.BuildableClient) s3.HTTPClient {
	frozen := c.WithTransportOptions(func(t *http.Transport) {
		if t.MaxResponseHeaderBytes == 0 {
			t.MaxResponseHeaderBytes = maxHeader
		}
	}).Freeze()
	if h, ok := frozen.(*http.Client); ok {
		own := *h
		own.CheckRedirect = noRedirect
		return &own
	}
	return frozen
}
