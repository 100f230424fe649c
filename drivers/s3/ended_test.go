package s3

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/internal/oddservice"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// TestEndedLookup: an error doesn't show the host if the context ended during its lookup,
// or just after the SDK looked whether it had ended.
func TestEndedLookup(t *testing.T) {
	oddservice.EndedLookup(t, answeredBy)

	const host = "s3cr3t"
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := mapError(ctx, opList, &smithyhttp.RequestSendError{
		Err: &url.Error{
			Op:  "Get",
			URL: "http://" + host,
			Err: &net.OpError{Op: "dial", Err: &net.DNSError{Name: host, Err: "no such host"}},
		},
	})
	err = driver.NewError(files.OpList, "", err)
	if !errors.Is(err, context.Canceled) || strings.Contains(fmt.Sprintf("%+v", err), host) {
		t.Errorf("%+v, want the end of the context without the host", err)
	}
}
