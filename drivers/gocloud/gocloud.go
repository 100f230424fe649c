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
	// Own makes Close close the *blob.Bucket too. Without it the caller's bucket stays
	// open (X3).
	Own bool
	// Features, if not nil, replaces the Features that are known for the driver. It is
	// for a driver that this package doesn't know. IfVersion, DeleteIfVersion and
	// PutReturnsVersion, which the Go CDK doesn't support, stay false.
	Features *files.Features
}

// New makes a files.Bucket of a Go CDK bucket. The package documentation and Features
// say what it keeps of the contract. files.As returns the *blob.Bucket, and whatever
// the bucket's own As returns. b must not be nil.
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

// Store returns the same value for all buckets over one *blob.Bucket.
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

// As returns the *blob.Bucket, or what its As returns.
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
		return nil // there is no request to check it with
	}
	if err := b.checkDir(); err != nil {
		return err
	}
	_, _, err := b.bucket.ListPage(ctx, blob.FirstPageToken, 1, nil)
	return b.mapError(ctx, opList, err)
}

// truncateTime truncates a time to the bucket's resolution (V2).
func (b *backend) truncateTime(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(b.features.TimeResolution)
}
