package mapdriver_test

import (
	"testing"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

func TestConformance(t *testing.T) {
	conformance.Run(t, conformance.Harness{New: func(conformance.T) files.Bucket {
		return driver.New(mapdriver.New())
	}})
}
