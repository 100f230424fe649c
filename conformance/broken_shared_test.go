package conformance_test

import (
	"bytes"
	"context"
	"io"
	"sync"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

var brokenShared = []broken{
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
		fault:  "returns its own map",
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
}

// keeper keeps the slice from which the content is read, and stores it later.
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

// sharer returns the same map to every caller.
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

// common is a body in a buffer that all bodies use.
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
