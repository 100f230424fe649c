package azure

import (
	"os"
	"testing"

	"cloudfiles.dev/conformance/longtest"
)

// The tests wait for servers, for slow bodies and for delays between attempts.
func TestMain(m *testing.M) {
	longtest.AtOnce(4)
	os.Exit(m.Run())
}
