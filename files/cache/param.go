package cache

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/url"

	"cloudfiles.dev/files"
)

// The parameter cache= of every scheme is the escaped URL of the store:
// s3://bucket?cache=file%3A%2F%2F%2Fvar%2Fcache%2Fapp%3Fcreate_dir%3D1. The cache has
// the default options and owns the store.
func init() {
	files.DefaultMux().RegisterLayer(
		files.Param{
			Name:   "cache",
			Values: "URL",
			Doc:    "caches reads in the bucket of this URL, usually a local folder",
		},
		"cloudfiles.dev/files/cache",
		func(ctx context.Context, b files.Bucket, u *url.URL,
			value string) (files.Bucket, error) {
			store, err := files.Open(ctx, value)
			if err != nil {
				return nil, err
			}
			cached, err := New(b, store, &Options{
				Origin:    originOf(b, u),
				OwnsStore: true,
			})
			if err != nil {
				store.Close()
				return nil, err
			}
			return cached, nil
		})
}

// originOf returns the Origin of the bucket that u opens, so that a later process that
// opens the same URL finds the entries. It is a hash, because any part of the URL may
// decide which bucket that is, and parts of it are secret. It is "" for a bucket that
// doesn't outlive the process, because a later bucket may give other content the same
// name and version.
func originOf(b files.Bucket, u *url.URL) string {
	if !b.Features().Durable {
		return ""
	}
	sum := sha256.Sum256([]byte(u.String()))
	return hex.EncodeToString(sum[:])
}
