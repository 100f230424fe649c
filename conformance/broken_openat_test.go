package conformance_test

import (
	"context"
	"io"
	"runtime"
	"sync"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// readsAt is a body that reads at any offset.
type readsAt struct {
	io.ReadCloser
	readAt func(p []byte, off int64) (int, error)
}

func (b readsAt) Immediate() {}

func (b readsAt) ReadAt(p []byte, off int64) (int, error) { return b.readAt(p, off) }

var brokenOpenAts = []broken{
	{
		fault:  "reads at an offset of whatever version is there by then",
		caught: []string{"G10/replaced"},
		faulty: opened(func(req driver.OpenRequest, o *driver.Object, m *mapBackend) error {
			o.Body = readsAt{o.Body, func(p []byte, off int64) (int, error) {
				m.mu.Lock()
				defer m.mu.Unlock()
				c := m.files[req.Key.Name].content
				if off >= int64(len(c)) {
					return 0, io.EOF
				}
				return copy(p, c[off:]), nil
			}}
			return nil
		}),
	},
	{
		fault:  "keeps one offset for all concurrent reads",
		caught: []string{"G10/in-parallel"},
		faulty: opened(func(req driver.OpenRequest, o *driver.Object, m *mapBackend) error {
			c := m.files[req.Key.Name].content
			var mu sync.Mutex
			var pos int64
			seek := func(off int64) { mu.Lock(); pos = off; mu.Unlock() }
			o.Body = readsAt{o.Body, func(p []byte, off int64) (n int, err error) {
				seek(off)
				for len(p) > 0 {
					runtime.Gosched() // to a goroutine that reads at another offset
					mu.Lock()
					m := copy(p[:min(len(p), 64)], c[min(pos, int64(len(c))):])
					pos += int64(m)
					mu.Unlock()
					if n, p = n+m, p[m:]; m == 0 {
						return n, io.EOF
					}
				}
				return n, nil
			}}
			return nil
		}),
	},
	{
		fault:  "takes an offset in the file for one in the body",
		caught: []string{"G10/every-place", "G10/ranges"},
		faulty: opened(func(req driver.OpenRequest, o *driver.Object, m *mapBackend) error {
			c := m.files[req.Key.Name].content[o.Offset:][:o.Length]
			o.Body = readsAt{o.Body, func(p []byte, off int64) (int, error) {
				if off >= int64(len(c)) {
					return 0, io.EOF
				}
				return copy(p, c[off:]), nil
			}}
			return nil
		}),
	},
	{
		fault:  "returns the first Info of a name with the bytes of a later version",
		caught: []string{"G10/replaced"},
		faulty: func() faulty {
			var mu sync.Mutex
			first := map[string]files.Info{}
			return faulty{open: func(ctx context.Context, req driver.OpenRequest,
				m *mapBackend) (driver.Object, error) {
				req.IfVersion = ""
				o, err := m.Open(ctx, req)
				if err != nil {
					return o, err
				}
				mu.Lock()
				defer mu.Unlock()
				if req.Range.IsWhole() {
					return o, nil
				}
				if info, ok := first[req.Key.Name]; !ok || info.Size+1 != o.Info.Size {
					first[req.Key.Name] = o.Info
				} else {
					o.Info = info
					o.Length = min(o.Length, info.Size-o.Offset)
				}
				return o, nil
			}}
		}(),
	},
	{
		fault:  "serves a later request for a version from whatever version is there by then",
		caught: []string{"G10/connections"},
		faulty: faulty{open: func(ctx context.Context, req driver.OpenRequest,
			m *mapBackend) (driver.Object, error) {
			version := req.IfVersion
			if !req.Range.IsWhole() {
				req.IfVersion = ""
			}
			o, err := m.Open(ctx, req)
			if version != "" {
				o.Info.Version = version
			}
			return o, err
		}},
	},
}
