package oddservice

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"
)

// EndedLookup checks that an error doesn't show the service's host, which may be secret,
// if the context ended while the host was looked up (U1).
func EndedLookup(t *testing.T, open Open) {
	const host = "s3cr3t"
	for what, call := range Calls("content") {
		ctx, cancel := context.WithCancel(t.Context())
		err := call(ctx, open(t, &Fixed{
			Fail: func() error {
				cancel()
				lookup := &net.DNSError{
					Name:       host,
					Err:        "no such host",
					IsNotFound: true,
				}
				return &url.Error{
					Op:  "Get",
					URL: "http://" + host,
					Err: &net.OpError{Op: "dial", Err: lookup},
				}
			},
		}))
		cancel()
		if !errors.Is(err, context.Canceled) || strings.Contains(fmt.Sprintf("%+v", err), host) {
			t.Errorf("%s: %+v, want the end of the context without the host", what, err)
		}
	}
}
