package gcs

import (
	"testing"

	"cloudfiles.dev/conformance/proxy"
	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
)

// proxied opens a bucket behind the proxy, in front of the server that is mended as
// documented, and a second one that goes round the proxy.
func proxied(t *testing.T, params string) (b, direct files.Bucket, p *proxy.Proxy) {
	t.Helper()
	s := testserver.Start(t, testserver.FakeGCS)
	if s.User {
		t.Skip("a user's bucket has no proxy in front")
	}
	d := startDocumented(t, s.Endpoint)
	p = proxy.Start(t, proxy.GCS, d.self, &proxy.Options{TargetHost: true})
	url := with(with(s.Store(t), "retry_delay=1ms&retry_max_delay=2ms&retry_budget=0"), params)
	// through the variable as startDocumented has set it, with "http://"
	direct = openBucket(t, url)
	t.Setenv("STORAGE_EMULATOR_HOST", p.Addr())
	b = openBucket(t, url)
	t.Cleanup(func() { b.Close(); direct.Close() })
	if n := p.Total(); n != 0 {
		t.Errorf("opening made %d requests", n)
	}
	return b, direct, p
}
