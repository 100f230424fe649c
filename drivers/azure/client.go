package azure

import (
	"net/http"
	"time"

	"cloudfiles.dev/drivers/internal/connect"
	"cloudfiles.dev/files"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// newClient makes a container's client by the credentials of the service: the account's
// key, a shared access signature, none at all, or whatever azidentity finds.
func newClient(s service, name string, limits connect.Limits, repeats *again) (
	*container.Client, error,
) {
	opts := &container.ClientOptions{ClientOptions: clientOptions(limits, repeats)}
	u, err := s.container(name)
	if err != nil {
		return nil, err
	}
	switch {
	case s.anonymous:
		c, err := container.NewClientWithNoCredential(u, opts)
		return c, mapOpenError(err)
	case s.key != "":
		cred, err := container.NewSharedKeyCredential(s.account, s.key)
		if err != nil {
			return nil, files.WithCause(files.ErrInvalid, err,
				s.keyFrom+" is no account key, which is base64")
		}
		c, err := container.NewClientWithSharedKeyCredential(u, cred, opts)
		return c, mapOpenError(err)
	case s.sas != "":
		c, err := container.NewClientWithNoCredential(u, opts)
		return c, mapOpenError(err)
	}
	cred, err := azidentity.NewDefaultAzureCredential(nil)
	if err != nil {
		return nil, files.WithCause(files.ErrPermission, err, setCredentials)
	}
	c, err := container.NewClient(u, cred, opts)
	return c, mapOpenError(err)
}

// clientOptions are those of every client that the driver makes.
func clientOptions(limits connect.Limits, repeats *again) azcore.ClientOptions {
	return azcore.ClientOptions{
		Transport:       bounded{within(limits)},
		Retry:           singleAttempt,
		PerCallPolicies: []policy.Policy{beginning{}, repeats},
		Telemetry:       policy.TelemetryOptions{ApplicationID: "cloudfiles"},
	}
}

// ClientOptions returns the settings that buckets opened by URL have, for a client that
// is given to New:
//
//	opts := &container.ClientOptions{ClientOptions: azure.ClientOptions(0, 0)}
//	client, err := container.NewClient(url, credential, opts)
//
// With them such a bucket behaves as one opened by URL:
//
//   - Requests go through [Transport]. So a response is read up to a bound, nothing is
//     sent to another host, and no wait is longer than timeout and readTimeout (0 is
//     the default, a negative value no bound).
//   - The SDK doesn't retry by itself.
//   - If a response shows that the clock is wrong, the request is repeated once.
//   - A listing with StartAfter begins there.
//
// A caller may add policies and logging. Each call returns options of its own, for one
// client.
//
// Without them a client does what the SDK does before the driver has the response. It
// reads an error or a page of any length into memory, waits for as long as the context
// lasts, and follows redirects to any host. Names and contents get to that host, and so
// do credentials unless the HTTP client leaves them out. The driver then still refuses
// what another host answered.
func ClientOptions(timeout, readTimeout time.Duration) azcore.ClientOptions {
	return clientOptions(connect.Limits{Timeout: timeout, ReadTimeout: readTimeout}, &again{})
}

// within is the shared transport within limits.
func within(limits connect.Limits) *http.Client {
	own := *transport()
	own.Transport = limits.Transport(own.Transport)
	return &own
}

// Transport returns what buckets opened by URL send their requests through. It is for a
// client that is given to New and has options other than [ClientOptions], which contain
// it already.
//
//   - Its requests wait for timeout for the first byte of a response. 0 is a minute, or
//     10 minutes for a copy, and a negative value is no bound.
//   - They wait for readTimeout for a body that stands still, whether it is read or
//     sent. 0 is a minute, and a negative value is no bound.
//   - When either time is over, they fail with files.ErrUnavailable.
//   - It reads at most 4 MiB of an error and 32 MiB of a page; the SDK alone has no
//     bound.
//   - It follows no redirects.
//
// It is safe for concurrent use.
func Transport(timeout, readTimeout time.Duration) policy.Transporter {
	return bounded{within(connect.Limits{Timeout: timeout, ReadTimeout: readTimeout})}
}

// mapOpenError hides the SDK's words, which may quote the connection string.
func mapOpenError(err error) error {
	if err == nil {
		return nil
	}
	return files.WithCause(files.ErrInvalid, err,
		"the Azure SDK can't make a client of the settings: is AZURE_STORAGE_CONNECTION_STRING "+
			"well-formed?")
}
