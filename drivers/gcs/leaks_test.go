package gcs

import (
	"testing"

	"cloudfiles.dev/conformance/faultrun"
	"cloudfiles.dev/conformance/proxy"
	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
)

// opener opens a new bucket by its URL, through a proxy. The server's fixes would block
// all writes while one stalls, and these tests don't need them.
func opener(t *testing.T) (*proxy.Proxy, func() files.Bucket) {
	t.Helper()
	s := testserver.Start(t, testserver.FakeGCS)
	if s.User {
		t.Skip("a user's bucket has no proxy")
	}
	p := proxy.Start(t, proxy.GCS, s.Endpoint, &proxy.Options{TargetHost: true})
	url := with(s.Store(t),
		"part_size=262144&retry_attempts=3&retry_delay=1ms&retry_max_delay=2ms&retry_budget=0")
	url = through(t, p.Addr(), url)
	return p, func() files.Bucket { return openBucket(t, url) }
}

// TestLeaks: whatever ends early or fails leaves no connection, goroutine or descriptor
// (X2, X3).
func TestLeaks(t *testing.T) {
	p, open := opener(t)
	faultrun.Leaks(t, faultrun.LeakConfig{Proxy: p, Open: open, Large: 600_000})
}

// TestConnections: buckets with the same settings share a transport with 64 idle
// connections (X3).
func TestConnections(t *testing.T) {
	p, open := opener(t)
	faultrun.Connections(t, p, open)
}
