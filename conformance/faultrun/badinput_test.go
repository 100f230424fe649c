package faultrun_test

import (
	"net/http"
	"strings"
	"testing"

	"cloudfiles.dev/conformance/faultrun"
	"cloudfiles.dev/conformance/proxy"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestBadInput checks that a correct driver passes, and that a driver with unclear errors
// doesn't.
func TestBadInput(t *testing.T) {
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	open := func(change func(*backend)) func(string) files.Bucket {
		return func(endpoint string) files.Bucket {
			b := newBackend(endpoint, tr)
			change(b)
			return driver.New(b)
		}
	}
	faultrun.BadInput(t, proxy.Plain, open(func(*backend) {}), []string{"127.0.0.1"})
	for name, c := range map[string]struct {
		change  func(*backend)
		secrets []string
		want    string
	}{
		"no error": {func(b *backend) {
			b.acknowledgesLost = true
		}, nil, "closed connections, Put: no error"},
		"a secret": {func(*backend) {}, []string{"attempts"}, "the error shows a secret"},
		"no sentinel": {func(b *backend) {
			b.saysUnchanged = true
		}, nil, "nothing listens, Put: got"},
	} {
		v := &verdict{ctx: t.Context()}
		faultrun.BadInput(v, proxy.Plain, open(c.change), c.secrets)
		if !strings.Contains(strings.Join(v.said, "\n"), c.want) {
			t.Errorf("%s: the failures are %q, want %q", name, v.said, c.want)
		}
	}
}
