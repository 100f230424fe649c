package gocloud

import (
	"context"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"gocloud.dev/blob"
)

// SignURL signs if the driver can (W1).
func (b *backend) SignURL(ctx context.Context, name string,
	opts files.SignOptions) (files.SignedURL, error) {
	cloud := b.provider.kind == kindS3 || b.provider.kind == kindGCS
	if cloud && opts.Expiry > maxExpiry {
		return files.SignedURL{}, driver.Errorf(files.ErrInvalid,
			"expiry %v is beyond the service's %v", opts.Expiry, maxExpiry)
	}
	if b.isOverBridge() {
		return b.signNative(ctx, name, opts)
	}
	expires := time.Now().Add(opts.Expiry).UTC()
	u, err := b.bucket.SignedURL(ctx, name, &blob.SignedURLOptions{
		Expiry:      opts.Expiry,
		Method:      opts.Method,
		ContentType: opts.ContentType,
	})
	if err != nil {
		return files.SignedURL{}, b.mapError(ctx, opSign, err)
	}
	s := files.SignedURL{
		Method:  opts.Method,
		URL:     u,
		Expires: expires,
		Header:  map[string][]string{},
	}
	if opts.ContentType != "" {
		s.Header["Content-Type"] = []string{opts.ContentType}
	}
	if b.provider.kind == kindAzure && opts.Method == "PUT" {
		s.Header["X-Ms-Blob-Type"] = []string{"BlockBlob"}
	}
	return s, nil
}

// maxExpiry is the longest validity of a signed URL of S3 and GCS.
const maxExpiry = 7 * 24 * time.Hour
