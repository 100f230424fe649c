package miniotest_test

import (
	"os"
	"testing"

	"cloudfiles.dev/conformance/longtest"
)

// The tests wait for servers.
func TestMain(m *testing.M) {
	longtest.AtOnce(4)
	os.Exit(m.Run())
}
