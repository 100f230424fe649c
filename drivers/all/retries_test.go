package all

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/retry"
)

// TestRetriesOverDrivers: a failing call through a policy over a driver that has a
// policy as well sends at most as many requests as the outer policy allows, whether the
// server refuses or stays silent, and Layers shows who repeats.
func TestRetriesOverDrivers(t *testing.T) {
	environment(t)
	busy := func(t *testing.T) (string, *atomic.Int32) {
		requests := new(atomic.Int32)
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			requests.Add(1)
			w.WriteHeader(http.StatusServiceUnavailable)
		}))
		t.Cleanup(srv.Close)
		return strings.TrimPrefix(srv.URL, "http://"), requests
	}
	for _, s := range services {
		for what, server := range map[string]func(*testing.T) (string, *atomic.Int32){
			"busy":   busy,
			"silent": silentServer,
		} {
			silent := what == "silent"
			for _, c := range []struct{ outer, own int }{{2, 5}, {3, 2}, {3, 1}, {1, 5}} {
				if silent && c.outer == 3 {
					continue // these take longer, and show nothing else
				}
				timeout := map[bool]string{true: "100ms", false: "1m"}[silent]
				t.Run(fmt.Sprintf("%s/%s/%d over %d", s.name, what, c.outer, c.own),
					func(t *testing.T) {
						eachConnectCall(t, func(name string, call connectCall) func() {
							if name == "Put in parts" {
								// each part is a request of its own, with its own attempts
								return func() {}
							}
							host, requests := server(t)
							own, err := s.open(t, "http", host, fmt.Sprintf(
								"&timeout=%s&retry_attempts=%d&retry_delay=1ms&retry_max_delay=1ms",
								timeout, c.own))
							if err != nil {
								t.Fatal(err)
							}
							b := retry.Wrap(own, &retry.Policy{
								Attempts: c.outer,
								Delay:    time.Millisecond,
								MaxDelay: time.Millisecond,
							})
							layers := fmt.Sprint(files.Layers(b))
							for _, n := range []int{c.outer, c.own} {
								if !strings.Contains(layers, fmt.Sprintf("retry %d attempt", n)) {
									t.Errorf("Layers doesn't show the %d attempts: %s", n, layers)
								}
							}
							return func() {
								defer own.Close()
								err := call(t.Context(), b)
								// on a loaded machine the time may be over before a request
								// arrives
								n := requests.Load()
								if err == nil || n == 0 && !silent || n > int32(c.outer) {
									t.Errorf("%s: %d requests, want at most %d; %v", name, n,
										c.outer, err)
								}
							}
						})
					})
			}
		}
	}
}
