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
func newClient(s service, name string, limits connect.Limits) (*container.Client, error) {
	repeats := &again{}
	opts := &container.ClientOptions{ClientOptions: clientOptions(limits, repeats)}
	u, err := s.container(name)
	if err != nil {
		return nil, err
	}
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

// clientOptions are those of every client that the driver makes.
func clientOptions(limits connect.Limits, repeats *again) azcore.ClientOptions {
	return azcore.ClientOptions{
		Transport:       bounded{within(limits)},
		Retry:           once,
		PerCallPolicies: []policy.Policy{beginning{}, repeats},
		Telemetry:       policy.TelemetryOptions{ApplicationID: "cloudfiles"},
	}
}

// ClientOptions are the settings that the buckets of URLs have, for a client that is
// given to New:
//
//	opts := &container.ClientOptions{ClientOptions: azure.ClientOptions(0, 0)}
//	client, err := container.NewClient(url, credential, opts)
//
// With them such a bucket does as one of a URL: requests go by [Transport], so that an
// answer is read up to a bound, nothing is sent to another host and nobody is waited
// for longer than timeout and readTimeout (0 is the default, a negative value no
// bound); the SDK repeats nothing by itself; a request after which the clock turns out
// to be wrong is repeated once; and a listing with StartAfter begins there. A caller
// may add policies and logging, and each call returns options of its own, for one
// client.
//
// Without them a client does what the SDK does before the driver hears of an answer: it
// reads an error or a page of any length into memory, waits for as long as the context
// lasts, and follows redirects to any host, by which names and contents get there, and
// credentials where the HTTP client doesn't leave them out. The driver then still
// refuses what another host answered.
func ClientOptions(timeout, readTimeout time.Duration) azcore.ClientOptions {
	return clientOptions(connect.Limits{Timeout: timeout, ReadTimeout: readTimeout}, &again{})
}

// within is the shared transport within limits.
func within(limits connect.Limits) *http.Client {
	own := *transport()
	own.Transport = limits.Transport(own.Transport)
	return &own
}

// Transport is what the buckets of URLs send their requests by, for the options of a
// client that is given to New and has others of its own; [ClientOptions] has it
// already. Its requests wait for the first byte of an answer for timeout, and for a
// body that stands still, one that is read or one that is sent, for readTimeout; 0 is a
// minute, or 10 for an answer to a copy, and a negative value is no bound. Then they
// fail with files.ErrUnavailable. It reads at most 4 MiB of an error and 32 MiB of a
// page, where the SDK alone reads on and on, follows no redirects, and is safe for
// concurrent use.
func Transport(timeout, readTimeout time.Duration) policy.Transporter {
	return bounded{within(connect.Limits{Timeout: timeout, ReadTimeout: readTimeout})}
}

// openFault hides the SDK's words, which may quote the connection string.
func openFault(err error) error {
	if err == nil {
		return nil
	}
	return files.WithCause(files.ErrInvalid, err,
		"the Azure SDK can't make a client of the settings: is AZURE_STORAGE_CONNECTION_STRING "+
			"well-formed?")
}
