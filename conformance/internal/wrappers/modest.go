package wrappers

import (
	"cloudfiles.dev/files"
	"context"
	"io"
	"iter"
)

// modest is another package's bucket without any optional interface.
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
	f.SignHead, f.SignResponse, f.SignSize, f.SignIfAbsent = false, false, false, false
	return f
}
