package conformance_test

import (
	"testing"

	"cloudfiles.dev/conformance/rerun"
	"cloudfiles.dev/drivers/gocloud"
	"cloudfiles.dev/files"
)

// thereAndBack returns b as a Go CDK bucket, and that as a bucket again.
func thereAndBack(b files.Bucket) files.Bucket {
	return gocloud.New(gocloud.ToBlob(b, &gocloud.ToBlobOptions{Own: true}),
		&gocloud.Options{Own: true})
}

func TestMemThroughGoCloud(t *testing.T) {
	h := memHarness(thereAndBack)
	h.ServerRaces = pagesFromStart
	rerun.Part(t, h, "")
}
