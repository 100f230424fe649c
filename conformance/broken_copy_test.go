package conformance_test

import (
	"context"
	"errors"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// soundCopy is a correct copy inside the map.
func soundCopy(ctx context.Context, req *driver.CopyRequest, m *mapBackend) (files.Info, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	src, ok := m.files[req.Src]
	switch {
	case !ok:
		return files.Info{}, files.ErrNotExist
	case req.IfSource != "" && req.IfSource != src.info.Version:
		return files.Info{}, files.ErrPrecondition
	}
	old, exists := m.files[req.Dst]
	if err := req.If.Check(exists, old.info.Version); err != nil {
		return files.Info{}, err
	}
	a := src.info.Attributes
	if req.Attributes != nil {
		a = *req.Attributes
	}
	m.set(req.Dst, &driver.PutRequest{Name: req.Dst, Attributes: a}, src.content)
	m.redigestLocked(req.Dst)
	if f := m.files[req.Dst]; src.holes != nil {
		f.holes, f.info.Size, f.info.Digest = src.holes, src.info.Size, files.Digest{}
		m.files[req.Dst] = f
	}
	return m.files[req.Dst].info, nil
}

// copied is the fault that something else is done after a copy.
func copied(change func(req *driver.CopyRequest, m *mapBackend)) faulty {
	return faulty{
		cp: func(ctx context.Context, req *driver.CopyRequest, m *mapBackend) (files.Info, error) {
			info, err := soundCopy(ctx, req, m)
			if err == nil {
				m.mu.Lock()
				defer m.mu.Unlock()
				change(req, m)
			}
			return info, err
		},
	}
}

var brokenCopies = []broken{
	{fault: "copies without metadata", caught: []string{"C1/attributes"},
		faulty: copied(func(req *driver.CopyRequest, m *mapBackend) {
			f := m.files[req.Dst]
			f.info.Metadata = nil
			m.files[req.Dst] = f
		})},
	{
		fault:  "copies onto itself whatever version is there",
		caught: []string{"C1/one-attribute"},
		faulty: faulty{
			cp: func(ctx context.Context, req *driver.CopyRequest,
				m *mapBackend) (files.Info, error) {
				r := *req
				if r.Src == r.Dst {
					r.If, r.IfSource = files.Condition{}, ""
				}
				return soundCopy(ctx, &r, m)
			},
		},
	},
	{fault: "deletes the source of a copy", caught: []string{"C1/content", "C1/if-absent"},
		faulty: copied(func(req *driver.CopyRequest, m *mapBackend) { delete(m.files, req.Src) })},
	{fault: "copies onto itself by deleting", caught: []string{"C1/onto-itself-new-attributes"},
		faulty: copied(func(req *driver.CopyRequest, m *mapBackend) {
			if req.Src == req.Dst {
				delete(m.files, req.Dst)
			}
		})},
	{
		fault:  "ignores conditions of a copy",
		caught: []string{"C1/if-absent", "C1/if-absent-race", "C1/if-version", "C1/if-source"},
		faulty: faulty{
			cp: func(ctx context.Context, req *driver.CopyRequest,
				m *mapBackend) (files.Info, error) {
				return soundCopy(ctx, &driver.CopyRequest{
					Src:        req.Src,
					Dst:        req.Dst,
					Attributes: req.Attributes,
				}, m)
			},
		},
	},
	{fault: "destroys the target when the source is missing", caught: []string{"C1/missing-source"},
		faulty: faulty{
			cp: func(ctx context.Context, req *driver.CopyRequest,
				m *mapBackend) (files.Info, error) {
				info, err := soundCopy(ctx, req, m)
				if errors.Is(err, files.ErrNotExist) {
					m.mu.Lock()
					defer m.mu.Unlock()
					delete(m.files, req.Dst)
				}
				return info, err
			},
		}},
	{
		fault:  "returns the source's Info for a copy",
		caught: []string{"C1/info", "C1/onto-itself-new-attributes"},
		faulty: faulty{
			cp: func(ctx context.Context, req *driver.CopyRequest,
				m *mapBackend) (files.Info, error) {
				source, err := m.Stat(ctx, driver.Key{Name: req.Src})
				if err != nil {
					return files.Info{}, err
				}
				info, err := soundCopy(ctx, req, m)
				info.Attributes = source.Attributes
				return info, err
			},
		},
	},
	{fault: "returns no size in the full Info of a copy", caught: []string{"C1/info"},
		faulty: faulty{
			cp: func(ctx context.Context, req *driver.CopyRequest,
				m *mapBackend) (files.Info, error) {
				info, err := soundCopy(ctx, req, m)
				info.Size = -1
				return info, err
			},
		}},
}
