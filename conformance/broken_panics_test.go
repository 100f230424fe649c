package conformance_test

import (
	"context"
	"io"
	"iter"
	"sync"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

var brokenPanics = []broken{
	{
		fault:  "stays locked when the content panics",
		caught: []string{"X2/content-panics", "X2/content-exits"},
		hangs:  true,
		wrap:   func(b files.Bucket) files.Bucket { return &jamming{Bucket: b} },
	},
	{
		fault:  "stays locked when a loop's body panics",
		caught: []string{"X2/caller-panics"},
		hangs:  true,
		wrap:   func(b files.Bucket) files.Bucket { return &looping{Bucket: b} },
	},
	{
		fault:  "stores what came before the content panicked",
		caught: []string{"X2/content-panics", "X2/content-exits"},
		wrap:   func(b files.Bucket) files.Bucket { return &salvaging{b} },
	},
	{
		fault:  "takes a panic for the end of the content",
		caught: []string{"X2/content-panics", "X2/content-asked"},
		wrap:   func(b files.Bucket) files.Bucket { return &soothing{b} },
	},
	{
		fault:  "leaves a temporary if the content ends the goroutine",
		caught: []string{"X2/content-exits"},
		faulty: faulty{put: func(
			ctx context.Context, req *driver.PutRequest, m *mapBackend,
		) (files.Info, error) {
			m.left.Add(1)
			info, err := m.Put(ctx, req)
			m.left.Add(-1)
			return info, err
		}},
	},
}

// jamming holds a lock while it reads the content, and releases it only if Put returns.
type jamming struct {
	files.Bucket
	mu sync.Mutex
}

func (l *jamming) Put(
	ctx context.Context, name string, r io.Reader, o *files.PutOptions,
) (files.Info, error) {
	l.mu.Lock()
	info, err := l.Bucket.Put(ctx, name, r, o)
	l.mu.Unlock()
	return info, err
}

// looping holds a lock against writers during a listing.
type looping struct {
	files.Bucket
	mu sync.RWMutex
}

func (l *looping) List(
	ctx context.Context, dir string, o *files.ListOptions,
) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		l.mu.RLock()
		for e, err := range l.Bucket.List(ctx, dir, o) {
			if !yield(e, err) {
				break
			}
		}
		l.mu.RUnlock()
	}
}

func (l *looping) Put(
	ctx context.Context, name string, r io.Reader, o *files.PutOptions,
) (files.Info, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Bucket.Put(ctx, name, r, o)
}

// salvaging stores what came before a panic of the content, and passes the panic on.
type salvaging struct{ files.Bucket }

func (s *salvaging) Put(
	ctx context.Context, name string, r io.Reader, o *files.PutOptions,
) (files.Info, error) {
	if r == nil {
		return s.Bucket.Put(ctx, name, r, o)
	}
	var have []byte
	whole := false
	defer func() {
		if !whole {
			files.PutBytes(context.WithoutCancel(ctx), s.Bucket, name, have, nil)
		}
	}()
	for {
		p := make([]byte, 4096)
		n, err := r.Read(p)
		have = append(have, p[:n]...)
		if err != nil {
			whole = true
			if err == io.EOF {
				return files.PutBytes(ctx, s.Bucket, name, have, o)
			}
			return files.Info{}, driver.NewError(files.OpPut, name, err)
		}
	}
}

// soothing returns nil after a panic.
type soothing struct{ files.Bucket }

func (s *soothing) Put(
	ctx context.Context, name string, r io.Reader, o *files.PutOptions,
) (_ files.Info, err error) {
	defer func() {
		if recover() != nil {
			err = nil
		}
	}()
	return s.Bucket.Put(ctx, name, r, o)
}
