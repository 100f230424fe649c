package s3

import (
	"testing"

	"cloudfiles.dev/conformance/faultrun"
	"cloudfiles.dev/conformance/proxy"
	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
)

// opener makes a new bucket, and returns a function that opens it by its URL through a
// proxy.
func (s *subject) opener(t *testing.T) (p *proxy.Proxy, name string, open func() files.Bucket) {
	t.Helper()
	p = proxy.Start(t, proxy.S3, s.server.Endpoint, nil)
	name = s.create(t)
	return p, name, func() files.Bucket {
		return must(files.Open(t.Context(),
			"s3://"+name+"?use_path_style=true&region="+s.server.Region+"&endpoint="+p.URL()+
				"&part_size=5242880&retry_attempts=3&retry_delay=1ms&retry_max_delay=2ms"+
				"&retry_budget=0"))
	}
}

// TestLeaks: a call that ends early or fails leaves no connection, goroutine,
// descriptor or upload (X2, X3).
func TestLeaks(t *testing.T) {
	s := newSubject(t, testserver.Versitygw, Options{})
	p, name, open := s.opener(t)
	faultrun.Leaks(t, faultrun.LeakConfig{
		Proxy:     p,
		Open:      open,
		Large:     minPart + 100_000,
		Leftovers: func() []faultrun.Upload { return s.unfinished(t, name) },
	})
}

// TestConnections: buckets of the same settings share a transport with 64 idle
// connections (X3).
func TestConnections(t *testing.T) {
	p, _, open := newSubject(t, testserver.Versitygw, Options{}).opener(t)
	faultrun.Connections(t, p, open)
}
