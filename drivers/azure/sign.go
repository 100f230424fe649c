package azure

import (
	"context"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
)

// permissions are what a shared access signature allows for a method. A PUT may create
// a blob as well as write one.
var permissions = map[string]sas.BlobPermissions{
	"GET":    {Read: true},
	"PUT":    {Create: true, Write: true},
	"DELETE": {Delete: true},
}

// SignURL makes a service SAS with the account's key (W1). A SAS can't bind a content
// type. https://learn.microsoft.com/rest/api/storageservices/create-service-sas
func (b *backend) SignURL(ctx context.Context, name string,
	opts files.SignOptions) (files.SignedURL, error) {
	if err := checkName(name); err != nil {
		return files.SignedURL{}, err
	}
	expires := time.Now().Add(opts.Expiry).UTC().Truncate(time.Second)
	if expires.Year() > 9999 {
		return files.SignedURL{}, driver.Errorf(files.ErrInvalid,
			"expiry %v is beyond the year 9999", opts.Expiry)
	}
	u, err := b.signed(name, opts, expires)
	if err != nil {
		return files.SignedURL{}, driver.WithCause(files.ErrUnsupported, err,
			"the bucket has no account key to sign with")
	}
	s := files.SignedURL{
		Method:  opts.Method,
		URL:     u,
		Expires: expires,
		Header:  map[string][]string{},
	}
	if opts.Method == "PUT" {
		s.Header["X-Ms-Blob-Type"] = []string{"BlockBlob"}
	}
	return s, nil
}

// signed returns the URL. The headers that the response must have are signed with the
// key itself, since the SDK's client signs nothing but the permissions.
func (b *backend) signed(name string, opts files.SignOptions, expires time.Time) (string, error) {
	c := b.blob(name)
	if opts.ResponseType == "" && opts.ResponseDisposition == "" {
		return c.GetSASURL(permissions[opts.Method], expires, nil)
	}
	s := b.access.serviceNow()
	key, err := container.NewSharedKeyCredential(s.account, s.key)
	if err != nil {
		return "", err
	}
	parts, err := sas.ParseURL(c.URL())
	if err != nil {
		return "", err
	}
	q, err := sas.BlobSignatureValues{
		ContainerName:      parts.ContainerName,
		BlobName:           parts.BlobName,
		Version:            sas.Version,
		Permissions:        new(permissions[opts.Method]).String(),
		ExpiryTime:         expires,
		ContentType:        opts.ResponseType,
		ContentDisposition: opts.ResponseDisposition,
	}.SignWithSharedKey(key)
	if err != nil {
		return "", err
	}
	return c.URL() + "?" + q.Encode(), nil
}

// canSign signs a URL to find out, which makes no request.
func canSign(c *container.Client) bool {
	_, err := c.NewBlobClient("x").GetSASURL(permissions["GET"], time.Now().Add(time.Minute), nil)
	return err == nil
}
