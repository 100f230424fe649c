package azure

import (
	"net/url"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// checkName refuses the legal names that the service can't hold (section Z): it treats
// a backslash as a slash, drops dots at the end of an element, and limits the number of
// elements.
// https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata
func checkName(name string) error {
	switch {
	case strings.Contains(name, `\`):
		return driver.Errorf(files.ErrUnsupported, `Azure stores no name with a backslash`)
	case strings.Count(name, "/") >= maxElements:
		return driver.Errorf(files.ErrUnsupported, "Azure stores no name of more than %d elements",
			maxElements)
	case strings.HasSuffix(name, "."), strings.Contains(name, "./"):
		return driver.Errorf(files.ErrUnsupported,
			"Azure stores no name with an element that ends in a dot")
	}
	return nil
}

// missing reports whether no file can have the key; a request for it could reach another
// file.
func missing(key driver.Key) bool { return !key.Raw && checkName(key.Name) != nil }

// client is the container's client, with the latest credentials.
func (b *backend) client() *container.Client { return b.access.client() }

func (b *backend) blob(key string) *blob.Client { return b.client().NewBlobClient(key) }

func (b *backend) blockBlob(key string) *blockblob.Client {
	return b.client().NewBlockBlobClient(key)
}

// storeOf identifies a container by its URL, without the parts that may be secret.
func storeOf(c *container.Client) string {
	u, err := url.Parse(c.URL())
	if err != nil {
		return ""
	}
	u.RawQuery, u.User = "", nil
	return u.String()
}
