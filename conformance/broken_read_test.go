package conformance_test

import (
	"bytes"
	"context"
	"errors"
	"io"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// opened is the fault that Open's result is changed.
func opened(change func(req driver.OpenRequest, o *driver.Object, m *mapBackend) error) faulty {
	return faulty{
		open: func(ctx context.Context, req driver.OpenRequest,
			m *mapBackend) (driver.Object, error) {
			o, err := m.Open(ctx, req)
			if err != nil {
				return o, err
			}
			return o, change(req, &o, m)
		},
	}
}

// live reads the present content of the map at each Read.
type live struct {
	m    *mapBackend
	name string
	pos  int64
}

func (l *live) Read(p []byte) (int, error) {
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	c := l.m.files[l.name].content
	if l.pos >= int64(len(c)) {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), 4096)], c[l.pos:])
	l.pos += int64(n)
	return n, nil
}

func (l *live) Close() error { return nil }

var brokenReads = []broken{
	{
		fault:  "ignores the range's end",
		caught: []string{"G3/all-pairs", "G3/zero-length", "G3/in-parallel"},
		faulty: opened(func(req driver.OpenRequest, o *driver.Object, m *mapBackend) error {
			if !req.Range.IsWhole() {
				c := m.files[req.Key.Name].content
				o.Length = int64(len(c)) - o.Offset
				o.Body = io.NopCloser(bytes.NewReader(c[o.Offset:]))
			}
			return nil
		}),
	},
	{fault: "takes the range's end as inclusive", caught: []string{"G3/all-pairs"},
		faulty: opened(func(req driver.OpenRequest, o *driver.Object, m *mapBackend) error {
			if off, n, last := req.Range.Parts(); !last && n < 1<<30 {
				c := m.files[req.Key.Name].content
				end := min(off+n+1, int64(len(c)))
				o.Length = max(end-o.Offset, 0)
				o.Body = io.NopCloser(bytes.NewReader(c[o.Offset : o.Offset+o.Length]))
			}
			return nil
		})},
	{
		fault:  "fails if a range begins at the end",
		caught: []string{"G3/past-the-end", "G3/empty-file"},
		faulty: opened(func(req driver.OpenRequest, o *driver.Object, m *mapBackend) error {
			if off, _, last := req.Range.Parts(); !req.Range.IsWhole() && !last &&
				off >= o.Info.Size {
				return driver.Errorf(files.ErrInvalid, "416")
			}
			return nil
		}),
	},
	{fault: "returns the size of the range", caught: []string{"G3/all-pairs", "G2/info-of-a-range"},
		faulty: opened(func(req driver.OpenRequest, o *driver.Object, m *mapBackend) error {
			o.Info.Size = o.Length
			return nil
		})},
	{
		fault:  "returns a short body and no error",
		caught: []string{"P11/sizes", "G7/io-reader", "G7/all-at-once"},
		faulty: opened(func(_ driver.OpenRequest, o *driver.Object, _ *mapBackend) error {
			if o.Length > 1000 {
				o.Length--
				o.Info.Size--
				o.Info.Digest = files.Digest{}
			}
			return nil
		}),
	},
	{fault: "mixes two versions in one body", caught: []string{"G4/overwritten"},
		faulty: opened(func(req driver.OpenRequest, o *driver.Object, m *mapBackend) error {
			if req.Range.IsWhole() {
				o.Body = &live{m: m, name: req.Key.Name}
				o.Info.Digest = files.Digest{}
			}
			return nil
		})},
	{fault: "resumes with another version after a break", caught: []string{"G5/resumed-pinned"},
		faulty: faulty{
			open: func(ctx context.Context, req driver.OpenRequest,
				m *mapBackend) (driver.Object, error) {
				pinned := req.IfVersion
				req.IfVersion = ""
				o, err := m.Open(ctx, req)
				if pinned != "" {
					o.Info.Version = pinned
				}
				return o, err
			},
		}},
	{fault: "begins again after a break", caught: []string{"G5/resumed"},
		faulty: faulty{
			open: func(ctx context.Context, req driver.OpenRequest,
				m *mapBackend) (driver.Object, error) {
				o, err := m.Open(ctx, req)
				if err == nil && req.IfVersion != "" && o.Offset > 0 {
					whole, err := m.Open(ctx, driver.OpenRequest{Key: req.Key})
					o.Body = whole.Body
					return o, err
				}
				return o, err
			},
		}},
	{fault: "hides damage", caught: []string{"G6/damage"},
		faulty: opened(func(req driver.OpenRequest, o *driver.Object, m *mapBackend) error {
			o.Info.Digest = files.Digest{}
			return nil
		})},
	{fault: "computes no digest that it claims", caught: []string{"P10/digest-told"},
		faulty: faulty{stat: func(k driver.Key, m *mapBackend) (files.Info, error) {
			info, err := m.Stat(context.Background(), k)
			info.Digest = files.Digest{}
			return info, err
		}}},
	{fault: "returns a body in place of ErrNotModified", caught: []string{"G8/not-modified"},
		faulty: faulty{
			open: func(ctx context.Context, req driver.OpenRequest,
				m *mapBackend) (driver.Object, error) {
				req.IfNotVersion = ""
				return m.Open(ctx, req)
			},
		}},
	{fault: "ignores the version of a read", caught: []string{"G8/if-version"},
		faulty: faulty{
			open: func(ctx context.Context, req driver.OpenRequest,
				m *mapBackend) (driver.Object, error) {
				req.IfVersion = ""
				return m.Open(ctx, req)
			},
		}},
	{fault: "returns ErrNotModified for a deleted file", caught: []string{"G8/modified"},
		faulty: faulty{
			open: func(ctx context.Context, req driver.OpenRequest,
				m *mapBackend) (driver.Object, error) {
				o, err := m.Open(ctx, req)
				if errors.Is(err, files.ErrNotExist) && req.IfNotVersion != "" {
					err = files.ErrNotModified
				}
				return o, err
			},
		}},
	{fault: "reports a missing file at the first Read", caught: []string{"G1/missing"},
		faulty: faulty{
			open: func(ctx context.Context, req driver.OpenRequest,
				m *mapBackend) (driver.Object, error) {
				o, err := m.Open(ctx, req)
				if errors.Is(err, files.ErrNotExist) {
					return driver.Object{}, nil
				}
				return o, err
			},
		}},
	{
		fault:  "returns an error of its own for a missing file",
		caught: []string{"G1/missing", "E1/has-op-and-name"},
		faulty: faulty{stat: func(k driver.Key, m *mapBackend) (files.Info, error) {
			info, err := m.Stat(context.Background(), k)
			if err != nil {
				err = errors.New("404 not found")
			}
			return info, err
		}},
	},
	{fault: "shows its path in an error", caught: []string{"E1/no-secrets"},
		faulty: faulty{stat: func(k driver.Key, m *mapBackend) (files.Info, error) {
			info, err := m.Stat(context.Background(), k)
			if err != nil {
				err = driver.Errorf(files.ErrNotExist, "open /tmp/bucket/%s: no such file", k.Name)
			}
			return info, err
		}}},
	{fault: "finds a directory by Stat", caught: []string{"S1/directory", "G1/missing"},
		faulty: faulty{stat: func(k driver.Key, m *mapBackend) (files.Info, error) {
			info, err := m.Stat(context.Background(), k)
			for e := range m.List(context.Background(), driver.ListRequest{Prefix: k.Name + "/"}) {
				_ = e
				return info, nil
			}
			return info, err
		}}},
	{
		fault:  "forgets headers in Stat",
		caught: []string{"S1/every-field", "S1/is-get", "P7/headers"},
		faulty: faulty{stat: func(k driver.Key, m *mapBackend) (files.Info, error) {
			info, err := m.Stat(context.Background(), k)
			info.CacheControl, info.ContentEncoding, info.Digest = "", "", files.Digest{}
			return info, err
		}},
	},
	{
		fault:  "remembers that a file was missing",
		caught: []string{"G1/then-created", "P5/read-after-write"},
		faulty: faulty{stat: func(k driver.Key, m *mapBackend) (files.Info, error) {
			m.mu.Lock()
			defer m.mu.Unlock()
			f, ok := m.files[k.Name]
			if !ok || m.missing[k.Name] {
				m.missing[k.Name] = true
				return files.Info{}, files.ErrNotExist
			}
			return f.info, nil
		}},
	},
	{
		fault:  "reads old content for a while",
		caught: []string{"P5/read-after-write", "X1/linearizable"},
		faulty: faulty{
			open: func(ctx context.Context, req driver.OpenRequest,
				m *mapBackend) (driver.Object, error) {
				m.mu.Lock()
				f, ok := m.files[req.Key.Name]
				old, was := m.before[req.Key.Name]
				m.mu.Unlock()
				if !ok || !was || f.info.Digest.CRC32C == "" || f.info.Digest.CRC32C[0] > '7' ||
					req.IfVersion != "" || req.IfNotVersion != "" {
					return m.Open(ctx, req)
				}
				off, n := req.Range.Resolve(old.info.Size)
				return driver.Object{
					Info:   old.info,
					Offset: off,
					Length: n,
					Body:   io.NopCloser(bytes.NewReader(old.content[off : off+n])),
				}, nil
			},
		},
	},
	{fault: "panics", caught: []string{"S1/is-get"},
		faulty: faulty{stat: func(driver.Key, *mapBackend) (files.Info, error) { panic("often") }}},
}
