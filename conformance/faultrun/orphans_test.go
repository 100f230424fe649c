package faultrun

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"cloudfiles.dev/conformance/proxy"
)

// TestOrphans: only what no driver can end is forgiven.
func TestOrphans(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	p := proxy.Start(t, proxy.S3, server.URL, nil)
	r := &run{Config: Config{Proxy: p}}
	send := func(method, target string, fault *proxy.Fault) {
		t.Helper()
		if fault != nil {
			defer p.Add(proxy.Rule{Times: 1, Fault: *fault})()
		}
		req, err := http.NewRequestWithContext(t.Context(), method, p.URL()+target, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			resp.Body.Close()
		}
	}
	forbidden, reset := proxy.S3.Forbidden(), proxy.ResetAfter()
	for _, c := range []struct {
		method, target string
		fault          *proxy.Fault
		want           int // so far
	}{
		{"POST", "/bucket/a?uploads", nil, 0},
		{"POST", "/bucket/b?uploads", &reset, 1},
		{"DELETE", "/bucket/a?uploadId=1", &forbidden, 2},
		{"DELETE", "/bucket/a?uploadId=2", &reset, 3},
		{"DELETE", "/bucket/a?uploadId=2", nil, 2},
		{"DELETE", "/bucket/a?uploadId=3", nil, 2},
		{"PUT", "/bucket/a?uploadId=4&partNumber=1", &reset, 2},
	} {
		send(c.method, c.target, c.fault)
		if n := r.orphans(); n != c.want {
			t.Errorf("after %s %s: %d, want %d", c.method, c.target, n, c.want)
		}
	}
}
