package filestest_test

import (
	"testing"

	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/filestest"
)

// TestCloudsIsTheirMeet: the default personality claims what S3, GCS and Azure all claim,
// and nothing else.
func TestCloudsIsTheirMeet(t *testing.T) {
	of := filestest.New(t, filestest.As(filestest.S3)).Features()
	for _, p := range []filestest.Personality{filestest.GCS, filestest.Azure} {
		of = driver.MeetFeatures(of, filestest.New(t, filestest.As(p)).Features())
	}
	if got := filestest.New(t).Features(); got != of {
		t.Errorf("the default claims\n%+v\nand S3, GCS and Azure together\n%+v", got, of)
	}
}
