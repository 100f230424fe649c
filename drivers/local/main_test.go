package local

import (
	"os"
	"testing"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/conformance/memdir"
)

// The tests wait for the disk, and for refusals that are retried. They make and delete
// tens of thousands of files.
func TestMain(m *testing.M) {
	longtest.AtOnce(4)
	os.Exit(memdir.Spread(m.Run))
}
