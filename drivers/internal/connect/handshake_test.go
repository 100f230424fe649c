package connect

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"cloudfiles.dev/files"
)

// TestUnsent: only a failure in the TLS handshake is Unsent.
func TestUnsent(t *testing.T) {
	closing, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer closing.Close()
	go func() {
		for {
			c, err := closing.Accept()
			if err != nil {
				return
			}
			c.Read(make([]byte, 1<<10))
			c.Close()
		}
	}()
	breaks := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		panic(http.ErrAbortHandler)
	})
	plain, secure := httptest.NewServer(breaks), httptest.NewUnstartedServer(breaks)
	defer plain.Close()
	secure.StartTLS()
	defer secure.Close()
	broken := errors.New("broken")
	for what, c := range map[string]struct {
		url  string
		base http.RoundTripper
		want bool
	}{
		"in the handshake": {
			"https://" + closing.Addr().String(), &http.Transport{}, true,
		},
		"in plain HTTP": {
			"http://" + closing.Addr().String(), &http.Transport{}, false,
		},
		"a response that is lost":      {secure.URL, secure.Client().Transport, false},
		"a plain response that's lost": {plain.URL, &http.Transport{}, false},
		"a transport without a trace": {"https://host", roundTrip(
			func(*http.Request) (*http.Response, error) { return nil, broken }), false},
	} {
		req, err := http.NewRequestWithContext(t.Context(), "DELETE", c.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := Limits{}.Transport(c.base).RoundTrip(req)
		if err == nil {
			resp.Body.Close()
			t.Errorf("%s: no error", what)
			continue
		}
		_, kind := Fault(err, Settings{})
		if Unsent(err) != c.want || Refused(err) || c.want != (kind == files.ErrUnavailable) {
			t.Errorf("%s: unsent %v, %v: %v", what, Unsent(err), kind, err)
		}
	}
}
