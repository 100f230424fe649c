package gocloud

import (
	"context"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"gocloud.dev/blob"
)

// Options are the options of New. The zero value is the default.
type Options struct {
	// Own makes Close close the *blob.Bucket too. Without it the caller's bucket is
	// left open (X3).
	Own bool
	// Features, if not nil, replaces what is known of the driver. It is for a driver
	// that this package doesn't know, for which it claims little. What can't be done
	// through the Go CDK (IfVersion, DeleteIfVersion, PutReturnsVersion) stays false.
	Features *files.Features
}

// New makes a files.Bucket of a Go CDK bucket. The package documentation, and Features,
// say what it keeps of the contract. files.As returns the *blob.Bucket and what its own
// As gives. b must not be nil.
func New(b *blob.Bucket, opts *Options) files.Bucket {
	if b == nil {
		panic("gocloud: New of a nil *blob.Bucket")
	}
	if opts == nil {
		opts = &Options{}
	}
	p := identify(b)
	f := featuresOf(b, p)
	if opts.Features != nil {
		f = *opts.Features
		f.IfVersion, f.DeleteIfVersion, f.PutReturnsVersion = false, false, false
		f.TimeResolution = max(f.TimeResolution, 1)
		if m := p.maxName(); f.MaxName <= 0 || f.MaxName > m {
			f.MaxName = m
		}
	}
	return driver.New(&backend{
		bucket:   b,
		provider: p,
		features: f,
		own:      opts.Own,
	})
}

// backend is a driver.Backend over a *blob.Bucket.
type backend struct {
	bucket   *blob.Bucket
	provider provider
	features files.Features
	own      bool
}

func (b *backend) Features() files.Features { return b.features }

// Store makes all buckets over one *blob.Bucket one store.
func (b *backend) Store() any { return b.bucket }

func (b *backend) Close() error {
	if !b.own {
		return nil
	}
	if err := b.bucket.Close(); err != nil {
		return b.mapError(context.Background(), opClose, err)
	}
	return nil
}

// As gives the *blob.Bucket, or what that gives.
func (b *backend) As(target any) bool {
	if p, ok := target.(**blob.Bucket); ok {
		*p = b.bucket
		return true
	}
	return b.bucket.As(target)
}

// Check lists one key.
func (b *backend) Check(ctx context.Context) error {
	if b.provider.single {
		return nil // it can't be asked
	}
	if err := b.checkDir(); err != nil {
		return err
	}
	_, _, err := b.bucket.ListPage(ctx, blob.FirstPageToken, 1, nil)
	return b.mapError(ctx, opList, err)
}

// truncateTime cuts a time as the bucket's times are (V2).
func (b *backend) truncateTime(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(b.features.TimeResolution)
}
