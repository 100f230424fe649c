package wrappers

import (
	"context"
	"io"
	"iter"

	"cloudfiles.dev/files"
)

// modest is a third party's bucket, which has nothing optional.
type modest struct{ b files.Bucket }

func (m *modest) Put(ctx context.Context, name string, r io.Reader,
	o *files.PutOptions) (files.Info, error) {
	return m.b.Put(ctx, name, r, o)
}

func (m *modest) Get(ctx context.Context, name string, o *files.GetOptions) (*files.Reader, error) {
	return m.b.Get(ctx, name, o)
}

func (m *modest) Stat(ctx context.Context, name string, o *files.StatOptions) (files.Info, error) {
	return m.b.Stat(ctx, name, o)
}

func (m *modest) List(ctx context.Context, dir string,
	o *files.ListOptions) iter.Seq2[files.Entry, error] {
	return m.b.List(ctx, dir, o)
}

func (m *modest) Delete(ctx context.Context, name string, o *files.DeleteOptions) error {
	return m.b.Delete(ctx, name, o)
}

func (m *modest) Close() error { return m.b.Close() }

func (m *modest) Features() files.Features {
	f := m.b.Features()
	f.ServerCopy, f.SignGet, f.SignPut, f.SignDelete, f.SignContentType = false, false, false,
		false, false
	return f
}

// halves reads through a view that is read-only, and writes beside it.
type halves struct {
	files.Bucket // the view
	write        files.Bucket
}

func (b *halves) Features() files.Features {
	f, w := b.Bucket.Features(), b.write.Features()
	f.ReadOnly, f.ServerCopy, f.SignPut, f.SignDelete, f.SignContentType = false, false, false,
		false, false
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
