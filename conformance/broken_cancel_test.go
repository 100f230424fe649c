package conformance_test

import (
	"context"
	"io"
	"iter"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

var brokenCancelled = []broken{
	{
		fault: "ignores a context that has ended",
		caught: []string{
			"X2/cancelled-before", "X2/deadline-passed", "X2/mid-list", "P2/cancelled-midway",
			"G9/cancelled",
		},
		wrap: func(b files.Bucket) files.Bucket { return &deaf{b} },
	},
	{fault: "goes on reading after the context has ended", caught: []string{"X2/promptly"},
		wrap: func(b files.Bucket) files.Bucket { return &slow{b} }},
	{fault: "leaks a goroutine with each read", caught: []string{"X2/no-goroutines"},
		faulty: opened(func(driver.OpenRequest, *driver.Object, *mapBackend) error {
			go func() { <-leaked }()
			return nil
		})},
	{
		fault:  "leaves a temporary if a put fails",
		caught: []string{"X2/no-temporaries", "P2/reader-fails"},
		faulty: faulty{
			put: func(ctx context.Context, req *driver.PutRequest,
				m *mapBackend) (files.Info, error) {
				m.left.Add(1)
				info, err := m.Put(ctx, req)
				if err == nil {
					m.left.Add(-1)
				}
				return info, err
			},
		},
	},
	{
		fault:  "stores a large upload though its context has ended",
		caught: []string{"P2/cancelled-midway"},
		faulty: faulty{
			put: func(ctx context.Context, req *driver.PutRequest,
				m *mapBackend) (files.Info, error) {
				content, err := io.ReadAll(req.Content)
				if err != nil && (ctx.Err() == nil || len(content) < 64<<10) {
					return files.Info{}, err
				}
				info, _ := m.store(req.Name, req, content)
				return info, err
			},
		},
	},
}

// leaked is never closed.
var leaked = make(chan struct{})

// deaf does not pass the context on.
type deaf struct{ files.Bucket }

func (d *deaf) Put(ctx context.Context, name string, r io.Reader,
	o *files.PutOptions) (files.Info, error) {
	return d.Bucket.Put(context.WithoutCancel(ctx), name, r, o)
}

func (d *deaf) Get(ctx context.Context, name string, o *files.GetOptions) (*files.Reader, error) {
	return d.Bucket.Get(context.WithoutCancel(ctx), name, o)
}

func (d *deaf) Delete(ctx context.Context, name string, o *files.DeleteOptions) error {
	return d.Bucket.Delete(context.WithoutCancel(ctx), name, o)
}

func (d *deaf) List(ctx context.Context, dir string,
	o *files.ListOptions) iter.Seq2[files.Entry, error] {
	return d.Bucket.List(context.WithoutCancel(ctx), dir, o)
}

// slow checks the context only at the end of the content, or after more than any case
// sends.
type slow struct{ files.Bucket }

func (s *slow) Put(ctx context.Context, name string, r io.Reader,
	o *files.PutOptions) (files.Info, error) {
	content, err := io.ReadAll(io.LimitReader(r, 4<<20))
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return files.Info{}, driver.NewError(files.OpPut, name, err)
	}
	return s.Bucket.Put(ctx, name, strings.NewReader(string(content)), o)
}
