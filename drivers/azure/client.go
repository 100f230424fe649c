package azure

import (
	"net/url"
	"os"

	"cloudfiles.dev/files"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// newClient makes a container's client by the credentials that the environment has, in Go CDK's order: the account's key, a
// shared access signature, a connection string, or whatever azidentity finds.
func newClient(service *url.URL, name string) (*container.Client, error) {
	opts := &container.ClientOptions{}
	opts.Transport = bounded{transport()}
	opts.Retry = once
	opts.PerCallPolicies = []policy.Policy{beginning{}}
	opts.Telemetry = policy.TelemetryOptions{ApplicationID: "cloudfiles"}
	u, connection := service.JoinPath(name).String(), connectionString()
	account, key := os.Getenv("AZURE_STORAGE_ACCOUNT"), os.Getenv("AZURE_STORAGE_KEY")
	var c *container.Client
	var err error
	switch {
	case account != "" && key != "":
		cred, err := container.NewSharedKeyCredential(account, key)
		if err != nil {
			return nil, files.WithCause(files.ErrInvalid, err, "AZURE_STORAGE_KEY is no account key, which is base64")
		}
		c, err = container.NewClientWithSharedKeyCredential(u, cred, opts)
		return c, openFault(err)
	case os.Getenv("AZURE_STORAGE_SAS_TOKEN") != "":
		c, err = container.NewClientWithNoCredential(u, opts)
	case connection != "":
		c, err = container.NewClientFromConnectionString(connection, name, opts)
	default:
		cred, err := azidentity.NewDefaultAzureCredential(nil)
		if err != nil {
			return nil, files.WithCause(files.ErrInvalid, err, "no credentials: set AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN or AZURE_STORAGE_CONNECTION_STRING")
		}
		c, err = container.NewClient(u, cred, opts)
		return c, openFault(err)
	}
	return c, openFault(err)
}

// openFault hides the SDK's words, which may quote the connection string.
func openFault(err error) error {
	if err == nil {
		return nil
	}
	return files.WithCause(files.ErrInvalid, err, "the Azure SDK can't make a client of the settings: is AZURE_STORAGE_CONNECTION_STRING well-formed?")
}
