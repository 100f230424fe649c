package azure

import (
	"net/http"
	"time"

	"cloudfiles.dev/drivers/internal/connect"
	"cloudfiles.dev/files"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// newClient makes a container's client by the credentials of the service: the account's key, a
// shared access signature, none at all, or whatever azidentity finds.
func newClient(s service, name string, limits connect.Limits) (*container.Client, error) {
	opts := &container.ClientOptions{}
	opts.Transport = bounded{within(limits)}
	opts.Retry = once
	opts.PerCallPolicies = []policy.Policy{beginning{}}
	opts.Telemetry = policy.TelemetryOptions{ApplicationID: "cloudfiles"}
	repeats := &again{}
	opts.PerCallPolicies = append(opts.PerCallPolicies, repeats)
	u := s.url().JoinPath(name).String()
	switch {
	case s.anonymous:
		c, err := container.NewClientWithNoCredential(u, opts)
		return c, openFault(err)
	case s.key != "":
		cred, err := container.NewSharedKeyCredential(s.account, s.key)
		if err != nil {
			return nil, files.WithCause(files.ErrInvalid, err,
				s.keyFrom+" is no account key, which is base64")
		}
		c, err := container.NewClientWithSharedKeyCredential(u, cred, opts)
		return c, openFault(err)
	case s.sas != "":
		c, err := container.NewClientWithNoCredential(u, opts)
		return c, openFault(err)
	}
	cred, err := azidentity.NewDefaultAzureCredential(nil)
	if err != nil {
		return nil, files.WithCause(files.ErrPermission, err, setCredentials)
	}
	repeats.chain = true
	opts.PerRetryPolicies = append(opts.PerRetryPolicies, freshToken{repeats})
	c, err := container.NewClient(u, cred, opts)
	return c, openFault(err)
}

// within is the shared transport within limits.
func within(limits connect.Limits) *http.Client {
	own := *transport()
	own.Transport = limits.Transport(own.Transport)
	return &own
}

// Transport is what the buckets of URLs send their requests by, for the ClientOptions of a client
// that is given to New. Its requests wait for the first byte of an answer for timeout, and for a
// body that stands still, one that is read or one that is sent, for readTimeout; 0 is a minute, or
// 10 for an answer to a copy, and a negative value is no bound. Then they fail with
// files.ErrUnavailable. It reads at most 4 MiB of an error and 32 MiB of a page, where the SDK alone
// reads on and on, follows no redirects, and is safe for concurrent use.
func Transport(timeout, readTimeout time.Duration) policy.Transporter {
	return bounded{within(connect.Limits{Timeout: timeout, ReadTimeout: readTimeout})}
}

// openFault hides the SDK's words, which may quote the connection string.
func openFault(err error) error {
	if err == nil {
		return nil
	}
	return files.WithCause(files.ErrInvalid, err, "the Azure SDK can't make a client of the settings: is AZURE_STORAGE_CONNECTION_STRING well-formed?")
}
