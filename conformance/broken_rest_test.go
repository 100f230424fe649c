package conformance_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// around is a fault above the driver.
func around(f func(ctx context.Context, c *files.Call,
	next func(context.Context) error) error) func(files.Bucket) files.Bucket {
	return func(b files.Bucket) files.Bucket {
		return files.Wrap(b, files.Hooks{CloseInner: true, Around: f})
	}
}

var brokenRest = []broken{
	{
		fault:  "tells users how the service answered",
		caught: []string{"E1/same-text"},
		faulty: faulty{
			open: func(ctx context.Context, req driver.OpenRequest,
				m *mapBackend) (driver.Object, error) {
				o, err := m.Open(ctx, req)
				if err == files.ErrNotExist {
					err = files.Errorf(files.ErrNotExist, "the service answered 404 NoSuchKey")
				}
				return o, err
			},
		},
	},
	{
		fault:  "passes over options that it does not know",
		caught: []string{"E2/unknown-native"},
		faulty: faulty{native: true, cp: soundCopy},
	},
	{
		fault:  "deletes the directory with the file",
		caught: []string{"D1/directory", "D1/beside", "N3/dir-beside-file"},
		faulty: faulty{del: func(k driver.Key, v files.Version, m *mapBackend) error {
			if err := m.Delete(context.Background(), k, v); err != nil {
				return err
			}
			m.mu.Lock()
			defer m.mu.Unlock()
			for name := range m.files {
				if strings.HasPrefix(name, k.Name+"/") {
					delete(m.files, name)
				}
			}
			return nil
		}},
	},
	{fault: "fails to delete what is missing", caught: []string{"D1/missing", "D1/racing"},
		faulty: faulty{del: func(k driver.Key, v files.Version, m *mapBackend) error {
			if _, err := m.Stat(context.Background(), k); err != nil {
				return err
			}
			return m.Delete(context.Background(), k, v)
		}}},
	{
		fault:  "deletes whatever version is there",
		caught: []string{"D2/stale", "D2/race", "D2/against-update"},
		faulty: faulty{del: func(k driver.Key, _ files.Version, m *mapBackend) error {
			return m.Delete(context.Background(), k, "")
		}},
	},
	{fault: "is content to delete a version of nothing", caught: []string{"D2/stale", "D2/race"},
		faulty: faulty{del: func(k driver.Key, v files.Version, m *mapBackend) error {
			if _, err := m.Stat(context.Background(), k); err != nil {
				return nil
			}
			return m.Delete(context.Background(), k, v)
		}}},
	{
		fault:  "can't hold a file and a directory of one name",
		caught: []string{"N3/file-after-dir", "N3/dir-beside-file", "N3/chain"},
		faulty: early(func(req *driver.PutRequest, m *mapBackend) error {
			for range m.List(context.Background(), driver.ListRequest{Prefix: req.Name + "/"}) {
				return files.Errorf(files.ErrInvalid, "is a directory")
			}
			return nil
		}),
	},
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
	{fault: "closes what other handles use", caught: []string{"X3/other-handles"},
		faulty: faulty{shut: func(m *mapBackend) { m.closed.Store(true) }}},
	{fault: "goes on after Close", caught: []string{"X3/afterwards", "E2/precedence"},
		wrap: func(b files.Bucket) files.Bucket { return &undead{b} }},
	{fault: "changes the caller's options", caught: []string{"X3/options-untouched"},
		wrap: around(func(ctx context.Context, c *files.Call,
			next func(context.Context) error) error {
			if c.Get != nil {
				c.Get.SkipVerify = true
			}
			return next(ctx)
		})},
	{fault: "loses the reader's own error", caught: []string{"E1/causes", "P2/reader-fails"},
		wrap: around(func(ctx context.Context, c *files.Call,
			next func(context.Context) error) error {
			err := next(ctx)
			if err != nil && files.KindOf(err) == nil && ctx.Err() == nil {
				return errors.New("upload failed")
			}
			return err
		})},
	{fault: "claims what it doesn't do", caught: []string{"P8/creates-once", "P8/race"},
		faulty: early(func(req *driver.PutRequest, _ *mapBackend) error {
			if req.If.Absent() {
				req.If = files.Condition{}
			}
			return nil
		})},
	{
		fault: "does what it doesn't claim",
		caught: []string{
			"P8/creates-once", "P9/stale", "D2/stale", "G8/not-modified", "P7/headers",
			"V1/opaque-text",
		},
		wrap: told(func(f *files.Features) {
			f.IfAbsent, f.IfVersion, f.DeleteIfVersion = false, false, false
			f.ReadConditions, f.Attributes, f.Versions = false, false, false
		}),
	},
	{fault: "claims to be longer than it is", caught: []string{"N1/longest"},
		faulty: early(func(req *driver.PutRequest, _ *mapBackend) error {
			if len(req.Name) > 1000 {
				return files.Errorf(files.ErrInvalidName, "too long")
			}
			return nil
		})},
	{fault: "takes any name", caught: []string{"N1/illegal", "N1/before-io", "N1/says-what"},
		wrap: func(b files.Bucket) files.Bucket { return &lax{b} }},
	{
		fault:  "refuses with the wrong sentinel",
		caught: []string{"P8/creates-once", "P8/race", "E1/type"},
		faulty: faulty{
			put: func(ctx context.Context, req *driver.PutRequest,
				m *mapBackend) (files.Info, error) {
				info, err := m.Put(ctx, req)
				if errors.Is(err, files.ErrExist) {
					err = files.ErrPrecondition
				}
				return info, err
			},
		},
	},
	{fault: "swaps two writers' content", caught: []string{"P1/two-writers", "P1/torn-read"},
		faulty: faulty{
			put: func(ctx context.Context, req *driver.PutRequest,
				m *mapBackend) (files.Info, error) {
				info, err := m.Put(ctx, req)
				if err == nil {
					m.mu.Lock()
					defer m.mu.Unlock()
					f := m.files[req.Name]
					f.content, m.last = m.last, f.content
					f.info.Size = int64(len(f.content))
					m.files[req.Name] = f
					m.redigestLocked(req.Name)
				}
				return info, err
			},
		}},
}

// leaked is never closed.
var leaked = make(chan struct{})

// deaf passes no context on.
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

// slow looks at the context only at the end of the content, or of what is more than
// anybody sends.
type slow struct{ files.Bucket }

func (s *slow) Put(ctx context.Context, name string, r io.Reader,
	o *files.PutOptions) (files.Info, error) {
	content, err := io.ReadAll(io.LimitReader(r, 4<<20))
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return files.Info{}, files.NewError(files.OpPut, name, err)
	}
	return s.Bucket.Put(ctx, name, strings.NewReader(string(content)), o)
}

// undead can't be closed.
type undead struct{ files.Bucket }

func (*undead) Close() error { return nil }

// lax makes legal names of illegal ones.
type lax struct{ files.Bucket }

func (l *lax) legal(name string) string {
	if files.CheckName(name) == nil {
		return name
	}
	return "x" + files.SafeName(name)
}
func (l *lax) Put(ctx context.Context, name string, r io.Reader,
	o *files.PutOptions) (files.Info, error) {
	return l.Bucket.Put(ctx, l.legal(name), r, o)
}
func (l *lax) Stat(ctx context.Context, name string, o *files.StatOptions) (files.Info, error) {
	return l.Bucket.Stat(ctx, l.legal(name), o)
}
