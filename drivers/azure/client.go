package azure

import (
	"net/http"
	"time"

	"cloudfiles.dev/drivers/internal/connect"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// newClient makes a container's client with the service's credentials: the account's
// key, a shared access signature, none, or what azidentity finds.
func newClient(s service, name string, limits connect.Limits, clock *clockPolicy) (
	*container.Client, error,
) {
	opts := &container.ClientOptions{ClientOptions: clientOptions(limits, clock)}
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
			return nil, driver.WithCause(files.ErrInvalid, err,
				s.keyFrom+" is not an account key, which is base64")
		}
		c, err := container.NewClientWithSharedKeyCredential(u, cred, opts)
		return c, mapOpenError(err)
	case s.sas != "":
		c, err := container.NewClientWithNoCredential(u, opts)
		return c, mapOpenError(err)
	}
	cred, err := azidentity.NewDefaultAzureCredential(nil)
	if err != nil {
		return nil, driver.WithCause(files.ErrPermission, err, setCredentials)
	}
	c, err := container.NewClient(u, cred, opts)
	return c, mapOpenError(err)
}

// clientOptions are the options of every client that the driver makes.
func clientOptions(limits connect.Limits, clock *clockPolicy) azcore.ClientOptions {
	return azcore.ClientOptions{
		Transport:       bounded{within(limits)},
		Retry:           singleAttempt,
		PerCallPolicies: []policy.Policy{startFromPolicy{}, clock},
		Telemetry:       policy.TelemetryOptions{ApplicationID: "cloudfiles"},
	}
}

// ClientOptions returns the settings of buckets opened by URL, for a client that is
// given to New:
//
//	opts := &container.ClientOptions{ClientOptions: azure.ClientOptions(0, 0)}
//	client, err := container.NewClient(url, credential, opts)
//
// With them such a bucket behaves as one opened by URL:
//
//   - Requests go through [Transport]: a response is read up to a limit, nothing is
//     sent to another host, and no wait is longer than timeout and readTimeout (0 is
//     the default, a negative value no limit).
//   - The SDK doesn't retry.
//   - If a response shows that the clock is wrong, the request is repeated once.
//   - A listing with StartAfter begins there.
//
// A caller may add policies and logging. Each call returns new options, for one client.
//
// Without these options the SDK handles responses before the driver gets them: it reads
// an error or a page of any length into memory, waits for as long as the context lasts,
// and follows redirects to any host. That host receives names and contents, and
// credentials too unless the HTTP client removes them. The driver still refuses the
// response of another host.
func ClientOptions(timeout, readTimeout time.Duration) azcore.ClientOptions {
	return clientOptions(connect.Limits{Timeout: timeout, ReadTimeout: readTimeout}, &clockPolicy{})
}

// within returns the shared transport with limits.
func within(limits connect.Limits) *http.Client {
	c := *transport()
	c.Transport = limits.Transport(c.Transport)
	return &c
}

// Transport returns the transport of buckets opened by URL. It is for a client that is
// given to New and has options other than [ClientOptions], which already contain it.
//
//   - Its requests wait at most timeout for the first byte of a response. 0 is a
//     minute, or 10 minutes for a copy, and a negative value is no limit.
//   - They wait at most readTimeout for a body that makes no progress, whether it is
//     read or sent. 0 is a minute, and a negative value is no limit.
//   - When either time is over, they fail with files.ErrUnavailable.
//   - It reads at most 4 MiB of an error and 32 MiB of a page; the SDK has no limit.
//   - It follows no redirects.
//
// It is safe for concurrent use.
func Transport(timeout, readTimeout time.Duration) policy.Transporter {
	return bounded{within(connect.Limits{Timeout: timeout, ReadTimeout: readTimeout})}
}

// mapOpenError hides the SDK's text, which may quote the connection string.
func mapOpenError(err error) error {
	if err == nil {
		return nil
	}
	return driver.WithCause(files.ErrInvalid, err,
		"the Azure SDK can't make a client from the settings: is AZURE_STORAGE_CONNECTION_STRING "+
			"well-formed?")
}
