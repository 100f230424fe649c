package azure

import (
	"encoding/base64"
	"net/url"
	"os"
	"testing"
	"time"

	ways "cloudfiles.dev/conformance/hostile"
	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/retry"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

const secretWord = "s3cr3t"

// TestHostile: whatever the endpoint sends, the driver relies on nothing that Blob
// Storage didn't send or prove.
func TestHostile(t *testing.T) {
	key := base64.StdEncoding.EncodeToString([]byte(secretWord))
	bareEnvironment(t)
	t.Setenv("AZURE_STORAGE_ACCOUNT", "account")
	t.Setenv("AZURE_STORAGE_KEY", key)
	holdHostile(t, key, 1, 8, openHostile(t))
}

// openHostile opens a bucket by URL, at an endpoint of either scheme.
func openHostile(t *testing.T) func(endpoint string) (files.Bucket, error) {
	return func(endpoint string) (files.Bucket, error) {
		u, err := url.Parse(endpoint)
		if err != nil {
			return nil, err
		}
		return files.Open(t.Context(), "azblob://container?cdn=true&protocol="+u.Scheme+"&domain="+
			u.Host+"&part_size=65536&retry_attempts=3&retry_delay=1ms&retry_max_delay=2ms"+
			"&retry_budget=0")
	}
}

// TestHostileTLS: the errors of failed TLS say which setting is wrong.
func TestHostileTLS(t *testing.T) {
	key := base64.StdEncoding.EncodeToString([]byte(secretWord))
	bareEnvironment(t)
	t.Setenv("AZURE_STORAGE_ACCOUNT", "account")
	t.Setenv("AZURE_STORAGE_KEY", key)
	open := openHostile(t)
	ways.RunTLS(t, ways.Config{
		Service: ways.Azure,
		Large:   minBlock + 1,
		Secrets: []string{key, secretWord, "sig="},
		Open: func(endpoint string) files.Bucket {
			b, err := open(endpoint)
			if err != nil {
				t.Fatal(err)
			}
			return b
		},
	}, ways.Fixes{
		TLS:       "protocol=https",
		Plain:     "protocol=http",
		Host:      "certificate's host in domain=",
		Authority: "SSL_CERT_FILE",
	})
}

// TestHostileClient is TestHostile through a caller's client with the offered Transport:
// without that the SDK would read an endless error.
func TestHostileClient(t *testing.T) {
	key := base64.StdEncoding.EncodeToString([]byte(secretWord))
	cred, err := container.NewSharedKeyCredential("account", key)
	if err != nil {
		t.Fatal(err)
	}
	opts := &container.ClientOptions{ClientOptions: azcore.ClientOptions{
		Transport: Transport(0, 0),
	}}
	holdHostile(t, key, 10, 20, func(endpoint string) (files.Bucket, error) {
		c, err := container.NewClientWithSharedKeyCredential(endpoint+"/container", cred, opts)
		if err != nil {
			return nil, err
		}
		return New(c, &Options{
			PartSize: minBlock,
			Retry: &retry.Policy{
				Attempts: 3,
				Delay:    time.Millisecond,
				MaxDelay: 2 * time.Millisecond,
			},
		})
	})
}

// holdHostile tries one in so many ways, few of them without the long tests, and all of
// them with [ways.Full].
func holdHostile(
	t *testing.T, key string, part, few int, open func(string) (files.Bucket, error),
) {
	t.Helper()
	switch {
	case os.Getenv(ways.Full)+os.Getenv(ways.OnlyVariable) != "":
		part = 1
	case testing.Short():
		part *= 10
	default:
		part = longtest.N(t, few, part)
	}
	var known []ways.Known
	for _, op := range []string{"stat", "get of the end", "copy", "copy if absent", "move"} {
		known = append(known, ways.Known{
			Way: "an error without a code",
			Op:  op,
			Why: "a HEAD has no body for the code, and if the header with the code is " +
				"missing, others show that the service sent the response",
		})
	}
	if os.Getenv(ways.Full) != "" { // only then the second request certainly has this response
		known = append(known, ways.Known{
			Way: "an error without a code",
			Op:  "get from behind the end",
			Why: "its second request is such a HEAD",
		})
	}
	ways.Run(t, ways.Config{
		Service: ways.Azure,
		Large:   minBlock + 1,
		Secrets: []string{key, secretWord, "sig="},
		Known:   known,
		Part:    part,
		Open: func(endpoint string) files.Bucket {
			b, err := open(endpoint)
			if err != nil {
				t.Fatal(err)
			}
			return b
		},
	})
}
