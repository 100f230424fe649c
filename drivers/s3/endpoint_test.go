package s3

import (
	"os"
	"testing"
	"time"

	ways "cloudfiles.dev/conformance/hostile"
	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/retry"
)

// TestHostile: whatever the endpoint answers, the driver accepts only what S3 said or
// proved.
func TestHostile(t *testing.T) {
	part := longtest.N(t, 8, 1)
	switch {
	case os.Getenv(ways.Full)+os.Getenv(ways.OnlyVariable) != "":
		part = 1
	case testing.Short():
		part = 10
	}
	ways.Run(t, hostileConfig(part))
}

// TestHostileTLS: a failure of TLS is the documented error, which says what to write.
func TestHostileTLS(t *testing.T) {
	ways.RunTLS(t, hostileConfig(1), ways.Fixes{
		TLS:       "https:// in endpoint=",
		Plain:     "http:// in endpoint=",
		Host:      "host of the certificate in endpoint=",
		Authority: "AWS_CA_BUNDLE or SSL_CERT_FILE",
	})
}

// hostileConfig tries every part-th of the ways.
func hostileConfig(part int) ways.Config {
	return ways.Config{
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
	}
}
