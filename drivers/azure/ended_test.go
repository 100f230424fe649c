package azure

import (
	"testing"

	"cloudfiles.dev/drivers/internal/oddservice"
)

// TestEndedLookup: an error doesn't show the host if the context ended during its lookup.
func TestEndedLookup(t *testing.T) { oddservice.EndedLookup(t, answeredBy) }
