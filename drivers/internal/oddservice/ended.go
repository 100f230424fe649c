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
	for what, call := range Calls("content") {
		ctx, cancel := context.WithCancel(t.Context())
		err := call(ctx, open(t, &Fixed{
			Fail: func() error {
				cancel()
				return FailedLookup()
			},
		}))
		cancel()
		WantEnded(t, what, err)
	}
}

const secretHost = "s3cr3t"

// FailedLookup is the error of a request whose host, a secret, can't be found.
func FailedLookup() error {
	lookup := &net.DNSError{
		Name:       secretHost,
		Err:        "no such host",
		IsNotFound: true,
	}
	return &url.Error{
		Op:  "Get",
		URL: "http://" + secretHost,
		Err: &net.OpError{Op: "dial", Err: lookup},
	}
}

// WantEnded checks that an error is the end of its context and doesn't show FailedLookup's
// host.
func WantEnded(t *testing.T, what string, err error) {
	t.Helper()
	text := fmt.Sprintf("%+v", err)
	if !errors.Is(err, context.Canceled) || strings.Contains(text, secretHost) {
		t.Errorf("%s: %s, want the end of the context without the host", what, text)
	}
}
