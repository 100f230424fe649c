package azure

import (
	"encoding/base64"
	"testing"
	"time"

	ways "cloudfiles.dev/conformance/hostile"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/retry"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// TestHostile: whatever the endpoint answers, nothing is believed that Blob Storage didn't say or
// prove.
func TestHostile(t *testing.T) {
	key := base64.StdEncoding.EncodeToString([]byte("s3cr3t"))
	cred, err := container.NewSharedKeyCredential("account", key)
	if err != nil {
		t.Fatal(err)
	}
	opts := &container.ClientOptions{ClientOptions: azcore.ClientOptions{
		Transport: transport(),
	}}
	part := 1
	if testing.Short() {
		part = 10
	}
	ways.Run(t, ways.Config{
		Service: ways.Azure,
		Large:   minBlock + 1,
		Secrets: []string{key, "s3cr3t", "sig="},
		Known: []ways.Known{{
			Way: "an error without a code",
			Why: "some emulators' HEAD tells no X-Ms-Error-Code: the service's headers are enough",
		}},
		Part: part,
		Open: func(endpoint string) files.Bucket {
			c, err := container.NewClientWithSharedKeyCredential(endpoint+"/container", cred, opts)
			if err != nil {
				t.Fatal(err)
			}
			b, err := New(c, &Options{
				BlockSize: minBlock,
				Retry: &retry.Policy{
					Attempts: 3,
					Delay:    time.Millisecond,
					MaxDelay: 2 * time.Millisecond,
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			return b
		},
	})
}
