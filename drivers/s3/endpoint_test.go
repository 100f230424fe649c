package s3

import (
	"testing"
	"time"

	ways "cloudfiles.dev/conformance/hostile"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/retry"
	"cloudfiles.dev/internal/longtest"
)

// TestHostile: whatever the endpoint answers, nothing is believed that S3 didn't say or
// prove.
func TestHostile(t *testing.T) {
	part := longtest.N(t, 4, 1)
	if testing.Short() {
		part = 10
	}
	ways.Run(t, ways.Config{
		Service: ways.S3,
		Large:   minPart + 1,
		Secrets: offlineSecrets,
		Part:    part,
		Open: func(endpoint string) files.Bucket {
			return New(offlineClient(endpoint), "bucket", &Options{
				Profile:  amazon,
				PartSize: minPart,
				Retry: &retry.Policy{
					Attempts: 3,
					Delay:    time.Millisecond,
					MaxDelay: 2 * time.Millisecond,
				},
			})
		},
	})
}
