package conformance_test

import (
	"bytes"
	"context"
	"io"
	"sync"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// told is the fault that the bucket tells other features than it has, above the driver,
// which would keep them.
func told(change func(*files.Features)) func(files.Bucket) files.Bucket {
	return func(b files.Bucket) files.Bucket { return &telling{b, change} }
}

// telling tells other features than it has. A wrapper by Wrap would keep to them.
type telling struct {
	files.Bucket
	change func(*files.Features)
}

func (b *telling) Features() files.Features {
	f := b.Bucket.Features()
	b.change(&f)
	return f
}

var brokenMore = []broken{
	{
		fault:  "leaves a temporary where a put fails",
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
	{fault: "destroys the old file where a create is refused", caught: []string{"P8/creates-once"},
		faulty: faulty{
			put: func(ctx context.Context, req *driver.PutRequest,
				m *mapBackend) (files.Info, error) {
				info, err := m.Put(ctx, req)
				if err == files.ErrExist {
					m.Delete(ctx, driver.Key{Name: req.Name}, "")
				}
				return info, err
			},
		}},
	{
		fault:  "keeps the caller's buffer",
		caught: []string{"P12/buffer-reused"},
		wrap: func(b files.Bucket) files.Bucket {
			return &keeper{
				Bucket:  b,
				content: map[string][]byte{},
			}
		},
	},
	{
		fault:  "gives away its own map",
		caught: []string{"P7/maps-are-own"},
		wrap: func(b files.Bucket) files.Bucket {
			return &sharer{
				Bucket: b,
				of:     map[string]map[string]string{},
			}
		},
	},
	{fault: "has one buffer for all bodies", caught: []string{"X1/same-reader-many"},
		faulty: opened(func(_ driver.OpenRequest, o *driver.Object, m *mapBackend) error {
			content, err := io.ReadAll(o.Body)
			m.mu.Lock()
			defer m.mu.Unlock()
			if len(m.last) < len(content) {
				m.last = make([]byte, len(content))
			}
			o.Body = &common{m: m, left: copy(m.last, content)}
			return err
		})},
	{
		fault:  "takes more than the largest file that it tells",
		caught: []string{"P11/limit"},
		wrap:   told(func(f *files.Features) { f.MaxSize = 1 << 20 }),
	},
	{
		fault:  "takes more of unknown length than it tells",
		caught: []string{"P11/unknown-limit"},
		wrap:   told(func(f *files.Features) { f.MaxUnknownSize = 1 << 20 }),
	},
	{fault: "takes a link for a file", caught: []string{"N5/link"}, links: true},
	{
		fault:  "signs any method",
		caught: []string{"W1/method"},
		wrap:   func(b files.Bucket) files.Bucket { return &obliging{b} },
	},
}

// keeper keeps the slice that the content is read from, and stores it late.
type keeper struct {
	files.Bucket
	mu      sync.Mutex
	content map[string][]byte
}

func (k *keeper) Put(ctx context.Context, name string, r io.Reader,
	o *files.PutOptions) (files.Info, error) {
	if content, ok := r.(*bytes.Reader); ok && o == nil {
		var kept retained
		content.WriteTo(&kept)
		content.Seek(0, io.SeekStart)
		k.mu.Lock()
		k.content[name] = kept.last
		k.mu.Unlock()
	}
	return k.Bucket.Put(ctx, name, r, o)
}

func (k *keeper) Get(ctx context.Context, name string, o *files.GetOptions) (*files.Reader, error) {
	k.mu.Lock()
	content, ok := k.content[name]
	delete(k.content, name)
	k.mu.Unlock()
	if ok {
		if _, err := k.Bucket.Put(ctx, name, bytes.NewReader(content), nil); err != nil {
			return nil, err
		}
	}
	return k.Bucket.Get(ctx, name, o)
}

// retained keeps the slice that is written, which io.Writer forbids.
type retained struct{ last []byte }

func (s *retained) Write(p []byte) (int, error) { s.last = p; return len(p), nil }

// sharer gives every caller the same map.
type sharer struct {
	files.Bucket
	mu sync.Mutex
	of map[string]map[string]string
}

func (s *sharer) Stat(ctx context.Context, name string, o *files.StatOptions) (files.Info, error) {
	info, err := s.Bucket.Stat(ctx, name, o)
	s.mu.Lock()
	defer s.mu.Unlock()
	if shared, ok := s.of[name]; ok && len(info.Metadata) > 0 {
		info.Metadata = shared
	} else {
		s.of[name] = info.Metadata
	}
	return info, err
}

// common is a body in the buffer that all bodies use.
type common struct {
	m         *mapBackend
	off, left int
}

func (c *common) Read(p []byte) (int, error) {
	c.m.mu.Lock()
	defer c.m.mu.Unlock()
	n := copy(p[:min(len(p), c.left)], c.m.last[c.off:])
	if c.off, c.left = c.off+n, c.left-n; n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

func (*common) Close() error { return nil }

// obliging signs whatever it is asked for.
type obliging struct{ files.Bucket }

func (o *obliging) SignURL(_ context.Context, name string,
	_ *files.SignOptions) (files.SignedURL, error) {
	return files.SignedURL{URL: "https://signed.example/" + name}, nil
}
