package wrappers

import (
	"cloudfiles.dev/files"
	"context"
	"io"
)

// halves reads through a read-only view, and writes through another bucket.
type halves struct {
	files.Bucket // the view
	write        files.Bucket
}

func (b *halves) Features() files.Features {
	f, w := b.Bucket.Features(), b.write.Features()
	f.ReadOnly, f.ServerCopy, f.SignPut, f.SignDelete, f.SignContentType = false, false, false,
		false, false
	f.SignSize, f.SignIfAbsent = false, false
	f.IfAbsent, f.IfVersion, f.DeleteIfVersion = w.IfAbsent, w.IfVersion, w.DeleteIfVersion
	return f
}

func (b *halves) Put(ctx context.Context, name string, r io.Reader,
	o *files.PutOptions) (files.Info, error) {
	return b.write.Put(ctx, name, r, o)
}

func (b *halves) Delete(ctx context.Context, name string, o *files.DeleteOptions) error {
	return b.write.Delete(ctx, name, o)
}

func (b *halves) SignURL(ctx context.Context, name string,
	o *files.SignOptions) (files.SignedURL, error) {
	return files.SignURL(ctx, b.Bucket, name, o)
}

func (b *halves) Check(ctx context.Context) error { return files.Check(ctx, b.Bucket) }

func (b *halves) Close() error {
	err := b.Bucket.Close()
	if werr := b.write.Close(); err == nil {
		err = werr
	}
	return err
}
