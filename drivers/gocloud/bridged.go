package gocloud

import (
	"context"
	"errors"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"gocloud.dev/blob"
)

// A bucket that ToBlob made passes its options to the Before hooks and its Info to As.
// Through ToBlob and New, conditions and versions are kept, and a Get is one request.

// errNoBridge is the error if the options of the bucket behind the bridge can't be set.
var errNoBridge = driver.Errorf(files.ErrUnsupported,
	"the bucket behind the *blob.Bucket can't be reached")

// hook makes a Before hook that lets change set an options struct of package files.
func hook[O any](change func(*O)) func(func(any) bool) error {
	return func(as func(any) bool) error {
		var o *O
		if !as(&o) {
			return errNoBridge
		}
		change(o)
		return nil
	}
}

// isOverBridge reports whether the driver is this package's own bridge.
func (b *backend) isOverBridge() bool { return b.provider.kind == kindBridge }

// takeBridgeFeatures takes the Features of the bucket behind the bridge, except for the
// result of a Put, which the Go CDK can't return.
func takeBridgeFeatures(b *blob.Bucket, p provider, f *files.Features) {
	var inner files.Bucket
	if !b.As(&inner) {
		return
	}
	raw := f.ForeignKeys
	*f = inner.Features()
	f.MaxName = max(f.MaxName-p.prefix, 1)
	f.ForeignKeys, f.PutReturnsVersion = raw, false
}

// openNative opens in one request.
func (b *backend) openNative(ctx context.Context, req driver.OpenRequest) (driver.Object, error) {
	body, r, err := b.read(ctx, req.Key.Name, 0, -1, &blob.ReaderOptions{
		BeforeRead: hook(func(o *files.GetOptions) {
			// The caller of New's bucket checks the digest, or has turned that off.
			o.Range, o.IfVersion, o.IfNotVersion, o.SkipVerify = req.Range, req.IfVersion,
				req.IfNotVersion, true
			o.Growing = req.Growing
		}),
	})
	if err != nil {
		return driver.Object{}, err
	}
	var inner *files.Reader
	if !r.As(&inner) {
		body.Close()
		return driver.Object{}, errNoBridge
	}
	return driver.Object{
		Info:   inner.Info(),
		Offset: inner.Offset(),
		Length: inner.Len(),
		Body:   body,
	}, nil
}

// putHook passes the condition and the size, for which Go CDK has no option, and the
// attributes unchanged: Go CDK would normalize the type and fold keys beyond ASCII (P6,
// P7).
func (b *backend) putHook(req *driver.PutRequest) func(func(any) bool) error {
	if !b.isOverBridge() {
		return nil
	}
	return hook(func(o *files.PutOptions) {
		o.If, o.Attributes = req.If, req.Attributes
		if req.SizeDeclared {
			o.Size = &req.Size
		}
	})
}

// deleteNative deletes under a condition.
func (b *backend) deleteNative(ctx context.Context, key driver.Key, v files.Version) error {
	err := b.mapError(ctx, opDelete, b.bucket.DeleteWithOptions(ctx, key.Name, &blob.DeleteOptions{
		BeforeDelete: hook(func(o *files.DeleteOptions) {
			o.IfVersion = v
		}),
	}))
	switch {
	case errors.Is(err, files.ErrNotExist) && v == "":
		return nil
	case errors.Is(err, files.ErrNotExist):
		return files.ErrPrecondition
	}
	return err
}

// copyNative copies with conditions and attributes, and requests the Info of the result.
func (b *backend) copyNative(ctx context.Context, req *driver.CopyRequest) (files.Info, error) {
	err := b.bucket.Copy(ctx, req.Dst, req.Src, &blob.CopyOptions{
		BeforeCopy: hook(func(o *files.CopyOptions) {
			o.If, o.IfSource, o.Attributes = req.If, req.IfSource, req.Attributes
		}),
	})
	if err != nil {
		return files.Info{}, b.mapError(ctx, opCopy, err)
	}
	return b.Stat(ctx, driver.Key{Name: req.Dst})
}

// signNative signs with all options, for most of which the Go CDK has none, and returns
// what the bucket behind the bridge does, with its headers. The Go CDK refuses the
// method HEAD, so it gets GET.
func (b *backend) signNative(ctx context.Context, name string,
	opts files.SignOptions) (files.SignedURL, error) {
	method := opts.Method
	if method == "HEAD" {
		method = "GET"
	}
	var result *files.SignedURL
	_, err := b.bucket.SignedURL(ctx, name, &blob.SignedURLOptions{
		Method: method,
		Expiry: opts.Expiry,
		BeforeSign: func(as func(any) bool) error {
			var o *files.SignOptions
			if !as(&o) || !as(&result) {
				return errNoBridge
			}
			*o = opts
			return nil
		},
	})
	switch {
	case err != nil:
		return files.SignedURL{}, b.mapError(ctx, opSign, err)
	case result == nil:
		return files.SignedURL{}, errNoBridge
	}
	return *result, nil
}
