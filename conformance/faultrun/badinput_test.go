package faultrun_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/conformance/faultrun"
	"cloudfiles.dev/conformance/proxy"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestBadInput checks that a correct driver passes, and that a driver with unclear errors
// doesn't.
func TestBadInput(t *testing.T) {
	t.Parallel()
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

// late is the transport of a machine that needs more than 300 ms for a PUT request.
type late struct{ http.RoundTripper }

func (l late) RoundTrip(r *http.Request) (*http.Response, error) {
	if end, ok := r.Context().Deadline(); ok && r.Method == http.MethodPut &&
		time.Until(end) < 300*time.Millisecond {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return l.RoundTripper.RoundTrip(r)
}

// never is a transport that makes no PUT request, and waits for the end of contexts that
// end soon.
type never struct{ http.RoundTripper }

func (n never) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPut {
		return n.RoundTripper.RoundTrip(r)
	}
	if end, ok := r.Context().Deadline(); ok && time.Until(end) > 30*time.Second {
		return nil, io.ErrUnexpectedEOF
	}
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// TestBadInputOnLoadedMachine: a correct driver passes also if the time is over before
// its request is made, and one that makes no request doesn't.
func TestBadInputOnLoadedMachine(t *testing.T) {
	t.Parallel()
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	opened := func(change func(*backend)) func(string) files.Bucket {
		return func(endpoint string) files.Bucket {
			b := newBackend(endpoint, tr)
			change(b)
			return driver.New(b)
		}
	}
	faultrun.BadInput(t, proxy.Plain, opened(func(b *backend) {
		b.client.Transport = late{tr}
	}), nil)
	v := &verdict{ctx: t.Context()}
	faultrun.BadInput(v, proxy.Plain, opened(func(b *backend) {
		b.client.Transport = never{tr}
	}), nil)
	if said := strings.Join(v.said, "\n"); !strings.Contains(said, "no response, Put: no request") {
		t.Errorf("a driver without requests: the failures are %q", v.said)
	}
}
