package s3

import (
	"context"
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

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := mapError(ctx, opList, &smithyhttp.RequestSendError{Err: oddservice.FailedLookup()})
	oddservice.WantEnded(t, "just after", driver.NewError(files.OpList, "", err))
}
