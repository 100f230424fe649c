package azure

import (
	"testing"

	"cloudfiles.dev/conformance/faultrun"
	"cloudfiles.dev/conformance/proxy"
	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
)

// opener opens a new container by its URL, through a proxy.
func opener(t *testing.T) (*proxy.Proxy, func() files.Bucket) {
	t.Helper()
	server := testserver.Start(t, testserver.Azurite)
	if server.User {
		t.Skip("a user's account has no proxy")
	}
	p := proxy.Start(t, proxy.Azure, server.Endpoint, nil)
	store := server.Store(t)
	return p, func() files.Bucket {
		return open(t, store,
			append([]string{"domain", p.Addr(), "protocol", "http", "part_size", "262144"},
				fast...)...)
	}
}

// TestLeaks: whatever ends early or fails leaves no connection, goroutine or descriptor
// (X2, X3).
func TestLeaks(t *testing.T) {
	p, open := opener(t)
	faultrun.Leaks(t, faultrun.LeakConfig{Proxy: p, Open: open, Large: 600_000})
}

// TestConnections: buckets share a transport with 64 idle connections (X3).
func TestConnections(t *testing.T) {
	p, open := opener(t)
	faultrun.Connections(t, p, open)
}
