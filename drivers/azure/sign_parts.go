package azure

import (
	"context"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

var _ driver.PartSigner = (*backend)(nil)

// errNoSignedParts: the permissions that Put Block needs, create or write, are those of
// Put Blob. https://learn.microsoft.com/rest/api/storageservices/put-block#permissions
var errNoSignedParts = driver.Errorf(files.ErrUnsupported, "Azure can't sign parts of uploads: "+
	"a URL that allows a block allows a whole blob, of any size and without a condition")

// CanSignParts implements driver.PartSigner.
func (b *backend) CanSignParts(*driver.Upload) error { return errNoSignedParts }

// SignPart implements driver.PartSigner.
func (b *backend) SignPart(context.Context, *driver.Upload, int,
	time.Duration) (files.SignedURL, error) {
	return files.SignedURL{}, errNoSignedParts
}
