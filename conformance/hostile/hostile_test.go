package hostile_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"cloudfiles.dev/conformance/hostile"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// verdict is a T that keeps the failures.
type verdict struct {
	testing.TB
	ctx  context.Context
	mu   sync.Mutex
	said []string
}

func (v *verdict) Helper()                  {}
func (v *verdict) Context() context.Context { return v.ctx }
func (v *verdict) Logf(string, ...any)      {}

func (v *verdict) Errorf(format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.said = append(v.said, fmt.Sprintf(format, args...))
}

// found runs the naive driver against one way and returns the failures.
func found(t *testing.T, way, op string, f faults) []string {
	t.Helper()
	v := &verdict{TB: t, ctx: t.Context()}
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	hostile.Run(v, hostile.Config{
		Service:  hostile.S3,
		Attempts: 1,
		Only:     func(w, o string) bool { return w == way && o == op },
		Open: func(endpoint string) files.Bucket {
			return driver.New(&naive{
				endpoint: endpoint,
				client:   &http.Client{Transport: tr},
				faults:   f,
			})
		},
	})
	return v.said
}

// TestNaive checks that each kind of fault of a driver that trusts every response is
// found.
func TestNaive(t *testing.T) {
	hostile.LeaksNow(t)
	leaks := make(chan struct{})
	defer close(leaks)
	for _, c := range []struct {
		way, op string
		faults  faults
		want    string
	}{
		{
			way:  "a login page",
			op:   "get",
			want: "nil, but dir/a: 105 bytes came",
		},
		{
			way:  "a login page",
			op:   "put",
			want: `nil, but "dir/new" wasn't written`,
		},
		{
			way:  "a login page",
			op:   "list",
			want: `nil, but "dir/a" is missing`,
		},
		{
			way:  "a login page",
			op:   "delete",
			want: `nil, but "dir/b" wasn't deleted`,
		},
		{
			way:  "a login page",
			op:   "delete many",
			want: `nil, but "dir/`,
		},
		{
			way:  "a login page",
			op:   "put if absent of a file that is there",
			want: "nil, want file already exists",
		},
		{
			way:  "a login page",
			op:   "get of what isn't there",
			want: "nil, want file does not exist",
		},
		{
			way:  "a proxy's 404",
			op:   "list",
			want: "file does not exist, which the service didn't say",
		},
		{
			way:  "a proxy's 412",
			op:   "put",
			want: "file is not of the expected version, which the service",
		},
		{
			way:  "a bare 503 after",
			op:   "put",
			want: "it was done, and the error isn't ErrUncertain",
		},
		{
			way:  "a body that ends with the connection, in half",
			op:   "list",
			want: "nil, but",
		},
		{
			way:  "another version",
			op:   "get of a version",
			want: "nil, but",
		},
		{
			way:  "a part from elsewhere",
			op:   "get of a range",
			want: "nil, but dir/a: 20000 bytes came",
		},
		{
			way:  "no version",
			op:   "stat",
			want: `nil, but Version = ""`,
		},
		{
			way:    "no version",
			op:     "stat",
			faults: faults{panics: true},
			want:   "panic: ",
		},
		{
			way:  "names outside the prefix",
			op:   "list",
			want: "nil, but ",
		},
		{
			way:  "names twice",
			op:   "list",
			want: `nil, but "dir/a" comes after "dir/a"`,
		},
		{
			way:  "negative sizes",
			op:   "list",
			want: `nil, but "dir/a" has a size of -5`,
		},
		{
			way:  "empty pages for ever",
			op:   "list",
			want: "requests, want at most",
		},
		{
			way:    "a bare 503 before",
			op:     "stat",
			faults: faults{many: true},
			want:   "requests, want at most",
		},
		{
			way:  "307 to another host",
			op:   "check",
			want: `another host got ["a connection"`,
		},
		{
			way:    "307 to https",
			op:     "stat",
			faults: faults{shows: true},
			want:   `the error's text shows "127.0.0.1"`,
		},
		{
			way:    "silence before",
			op:     "stat",
			faults: faults{late: true},
			want:   "after the context's end",
		},
		{
			way:    "an error page without an end",
			op:     "list",
			faults: faults{memory: true},
			want:   "MiB of memory",
		},
		{
			way:    "a teapot",
			op:     "stat",
			faults: faults{leaks: leaks},
			want:   "goroutines are left",
		},
	} {
		said := strings.Join(found(t, c.way, c.op, c.faults), "\n")
		if !strings.Contains(said, c.want) {
			t.Errorf("%s, %s: the failures are %.2000q, want %q", c.way, c.op, said, c.want)
		}
	}
}

// TestWays checks that there are at least sixty ways, each with a unique name and a
// reason.
func TestWays(t *testing.T) {
	for _, s := range []*hostile.Service{hostile.S3, hostile.GCS, hostile.Azure} {
		names := map[string]bool{}
		for _, w := range hostile.Ways(s) {
			if w.Name == "" || w.Why == "" || names[w.Name] {
				t.Errorf("%s: the way %q has no name, no reason, or another's name", s.Name, w.Name)
			}
			names[w.Name] = true
		}
		if len(names) < 60 {
			t.Errorf("%s: %d ways, want at least 60", s.Name, len(names))
		}
	}
}

// TestKnownSuppressesItsOwnFailure checks that an exception suppresses its own failure
// and no other.
func TestKnownSuppressesItsOwnFailure(t *testing.T) {
	v := &verdict{TB: t, ctx: t.Context()}
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	hostile.Run(v, hostile.Config{
		Service: hostile.S3,
		Known:   []hostile.Known{{Way: "a login page", Op: "get"}},
		Only: func(way, op string) bool {
			return way == "a login page" && (op == "get" || op == "list")
		},
		Open: func(endpoint string) files.Bucket {
			return driver.New(&naive{
				endpoint: endpoint,
				client:   &http.Client{Transport: tr},
			})
		},
	})
	said := strings.Join(v.said, "\n")
	if strings.Contains(said, ", get: ") || !strings.Contains(said, ", list: ") {
		t.Errorf("the failures are %q, want one of list and none of get", said)
	}
}

// TestNaiveTLS checks that wrong handling of TLS failures is found.
func TestNaiveTLS(t *testing.T) {
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	for _, c := range []struct {
		way, want string
		faults    faults
	}{
		{
			way:  "an expired certificate",
			want: "want invalid argument",
		},
		{
			way:  "HTTP in place of TLS",
			want: "want invalid argument",
		},
		{
			way:    "an end in the handshake",
			faults: faults{shows: true},
			want:   `the error's text shows "127.0.0.1"`,
		},
		{
			way:    "no handshake",
			faults: faults{late: true},
			want:   "after the context's end",
		},
		{
			way:    "an end before the handshake",
			faults: faults{many: true},
			want:   "connections, want at most",
		},
	} {
		v := &verdict{TB: t, ctx: t.Context()}
		hostile.RunTLS(v, hostile.Config{
			Service:  hostile.S3,
			Attempts: 1,
			Only:     func(way, op string) bool { return way == c.way && op == "stat" },
			Open: func(endpoint string) files.Bucket {
				return driver.New(&naive{
					endpoint: endpoint,
					client:   &http.Client{Transport: tr},
					faults:   c.faults,
				})
			},
		}, hostile.Fixes{})
		said := strings.Join(v.said, "\n")
		if !strings.Contains(said, c.want) {
			t.Errorf("%s: the failures are %.2000q, want %q", c.way, said, c.want)
		}
	}
}
