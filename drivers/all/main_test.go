package all

import (
	"os"
	"testing"

	"cloudfiles.dev/conformance/longtest"
)

// The tests wait for servers, for leases that end and for timeouts.
func TestMain(m *testing.M) {
	longtest.AtOnce(8)
	os.Exit(m.Run())
}
