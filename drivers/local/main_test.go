package local

import (
	"os"
	"testing"

	"cloudfiles.dev/conformance/longtest"
)

// The tests wait for the disk, and for refusals that are retried.
func TestMain(m *testing.M) {
	longtest.AtOnce(4)
	os.Exit(m.Run())
}
