package conformance_test

import (
	"context"
	"errors"
	"io"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// stored is the fault that some Puts store something else than they should. change gets
// what is stored and the Info that is returned, both guarded by the map's lock.
func stored(which func(req *driver.PutRequest) bool,
	change func(f *mapFile, info *files.Info)) faulty {
	return faulty{
		put: func(ctx context.Context, req *driver.PutRequest, m *mapBackend) (files.Info, error) {
			chosen := which(req)
			info, err := m.Put(ctx, req)
			if err == nil && chosen {
				m.mu.Lock()
				defer m.mu.Unlock()
				f := m.files[req.Name]
				change(&f, &info)
				m.files[req.Name] = f
			}
			return info, err
		},
	}
}

// plainly stores no metadata and no headers.
func plainly(f *mapFile, info *files.Info) {
	f.info.Attributes = files.Attributes{ContentType: f.info.ContentType}
}

// undigested stores no digest.
func undigested(f *mapFile, info *files.Info) {
	f.info.Digest, info.Digest = files.Digest{}, files.Digest{}
}

func ofStreams(req *driver.PutRequest) bool { return req.Size < 0 }

func ofDeclared(req *driver.PutRequest) bool { return req.SizeDeclared }

func ofConditions(req *driver.PutRequest) bool { return !req.If.IsZero() }

// nearPut is the fault that a Put accepts a version that is only similar to the file's.
func nearPut(like func(is, given files.Version) bool) faulty {
	return early(func(req *driver.PutRequest, m *mapBackend) error {
		info, err := m.Stat(context.Background(), driver.Key{Name: req.Name})
		if v, ok := req.If.Version(); ok && err == nil && like(info.Version, v) {
			req.If = files.IfVersion(info.Version)
		}
		return nil
	})
}

var brokenPutDoors = []broken{
	{
		fault:  "decides IfAbsent before the upload if its size is declared",
		caught: []string{"P8/at-commit-declared"},
		faulty: early(func(req *driver.PutRequest, m *mapBackend) error {
			if !req.If.Absent() || !req.SizeDeclared {
				return nil
			}
			req.If = files.Condition{}
			if _, err := m.Stat(context.Background(), driver.Key{Name: req.Name}); err == nil {
				return files.ErrExist
			}
			return nil
		}),
	},
	{
		fault:  "decides IfVersion before the upload if its size is declared",
		caught: []string{"P9/at-commit-declared"},
		faulty: early(func(req *driver.PutRequest, m *mapBackend) error {
			if _, ok := req.If.Version(); !ok || !req.SizeDeclared {
				return nil
			}
			info, err := m.Stat(context.Background(), driver.Key{Name: req.Name})
			err = req.If.Check(err == nil, info.Version)
			req.If = files.Condition{}
			return err
		}),
	},
	{
		fault:  "loses the attributes of a stream",
		caught: []string{"P7/every-way"},
		faulty: stored(ofStreams, plainly),
	},
	{
		fault:  "loses the attributes of a file whose size is declared",
		caught: []string{"P7/every-way"},
		faulty: stored(ofDeclared, plainly),
	},
	{
		fault:  "loses the attributes of a conditional Put",
		caught: []string{"P7/every-way"},
		faulty: stored(ofConditions, plainly),
	},
	{
		fault:  "loses the attributes if a digest is given",
		caught: []string{"P7/every-way"},
		faulty: faulty{
			put: func(ctx context.Context, req *driver.PutRequest,
				m *mapBackend) (files.Info, error) {
				info, err := m.Put(ctx, req)
				if d := req.Content.Digest(); err == nil && (d.MD5 != "" || d.SHA256 != "") {
					m.mu.Lock()
					defer m.mu.Unlock()
					f := m.files[req.Name]
					plainly(&f, &info)
					m.files[req.Name] = f
				}
				return info, err
			},
		},
	},
	{
		fault:  "ignores the given type of a conditional Put",
		caught: []string{"P7/every-way"},
		faulty: stored(ofConditions, func(f *mapFile, _ *files.Info) {
			f.info.ContentType = driver.ContentType(f.info.Name, f.content)
		}),
	},
	{
		fault:  "stores no digest of a stream",
		caught: []string{"P10/every-way"},
		faulty: stored(ofStreams, undigested),
	},
	{
		fault:  "stores no digest of a conditional Put",
		caught: []string{"P10/every-way"},
		faulty: stored(ofConditions, undigested),
	},
	{
		fault:  "stores no digest if the size is declared",
		caught: []string{"P10/every-way"},
		faulty: stored(ofDeclared, undigested),
	},
	{
		fault:  "takes a directory for the file that must be absent",
		caught: []string{"P8/ignores-files-below"},
		faulty: early(func(req *driver.PutRequest, m *mapBackend) error {
			m.mu.Lock()
			defer m.mu.Unlock()
			for name := range m.files {
				if req.If.Absent() && strings.HasPrefix(name, req.Name+"/") {
					return files.ErrExist
				}
			}
			return nil
		}),
	},
	{
		fault:  "takes a file of another case for the one that must be absent",
		caught: []string{"P8/ignores-files-below"},
		faulty: early(func(req *driver.PutRequest, m *mapBackend) error {
			m.mu.Lock()
			defer m.mu.Unlock()
			for name := range m.files {
				if req.If.Absent() && strings.EqualFold(name, req.Name) {
					return files.ErrExist
				}
			}
			return nil
		}),
	},
	{
		fault:  "renews the attributes of a file that must be absent",
		caught: []string{"P8/ignores-files-below"},
		faulty: faulty{
			put: func(ctx context.Context, req *driver.PutRequest,
				m *mapBackend) (files.Info, error) {
				info, err := m.Put(ctx, req)
				if err == files.ErrExist {
					m.mu.Lock()
					defer m.mu.Unlock()
					f := m.files[req.Name]
					f.info.Attributes = req.Attributes
					m.files[req.Name] = f
				}
				return info, err
			},
		},
	},
	{
		fault:  "refuses IfAbsent for the name of a deleted file",
		caught: []string{"P8/after-delete"},
		faulty: faulty{
			put: func(ctx context.Context, req *driver.PutRequest,
				m *mapBackend) (files.Info, error) {
				m.mu.Lock()
				dead := m.missing[req.Name]
				m.mu.Unlock()
				if dead && req.If.Absent() {
					return files.Info{}, files.ErrExist
				}
				info, err := m.Put(ctx, req)
				if err == nil {
					m.mu.Lock()
					defer m.mu.Unlock()
					delete(m.missing, req.Name)
				}
				return info, err
			},
			del: func(k driver.Key, v files.Version, m *mapBackend) error {
				_, serr := m.Stat(context.Background(), k)
				err := m.Delete(context.Background(), k, v)
				if err == nil && serr == nil && v != "" { // as Move does
					m.mu.Lock()
					defer m.mu.Unlock()
					m.missing[k.Name] = true
				}
				return err
			},
		},
	},
	{
		fault:  "deletes the old file before a conditional upload",
		caught: []string{"P2/conditional"},
		faulty: faulty{
			put: func(ctx context.Context, req *driver.PutRequest,
				m *mapBackend) (files.Info, error) {
				content, err := io.ReadAll(req.Content)
				m.mu.Lock()
				old := m.files[req.Name]
				m.mu.Unlock()
				if v, ok := req.If.Version(); ok && err != nil && v == old.info.Version {
					m.Delete(ctx, driver.Key{Name: req.Name}, "")
				}
				if err != nil {
					return files.Info{}, err
				}
				return m.store(req.Name, req, content)
			},
		},
	},
	{
		fault:  "creates an empty file if a conditional upload fails",
		caught: []string{"P2/conditional"},
		faulty: faulty{
			put: func(ctx context.Context, req *driver.PutRequest,
				m *mapBackend) (files.Info, error) {
				content, err := io.ReadAll(req.Content)
				if err != nil {
					if req.If.Absent() {
						m.store(req.Name, req, nil)
					}
					return files.Info{}, err
				}
				return m.store(req.Name, req, content)
			},
		},
	},
	{
		fault:  "reports a failed condition if the content fails",
		caught: []string{"P2/conditional"},
		wrap: around(func(ctx context.Context, c *files.Call,
			next func(context.Context) error) error {
			err := next(ctx)
			if c.Put != nil && !c.Put.If.IsZero() && err != nil && files.KindOf(err) == nil {
				return files.ErrPrecondition
			}
			return err
		}),
	},
	{
		fault:  "replaces a version that begins like the current one",
		caught: []string{"P9/near-version"},
		faulty: nearPut(func(is, given files.Version) bool {
			return strings.HasPrefix(string(is), string(given))
		}),
	},
	{
		fault:  "replaces a version that continues the current one",
		caught: []string{"P9/near-version"},
		faulty: nearPut(func(is, given files.Version) bool {
			return strings.HasPrefix(string(given), string(is))
		}),
	},
	{
		fault:  "replaces a version that is written as a weak one",
		caught: []string{"P9/near-version"},
		faulty: nearPut(func(is, given files.Version) bool {
			return strings.TrimPrefix(string(given), "W/") == string(is)
		}),
	},
	{
		fault:  "replaces a version that is written in quotes",
		caught: []string{"P9/near-version"},
		faulty: nearPut(func(is, given files.Version) bool {
			return strings.Trim(string(given), `"`) == string(is)
		}),
	},
	{
		fault:  "replaces a version that has zeros in front",
		caught: []string{"P9/near-version"},
		faulty: nearPut(func(is, given files.Version) bool {
			return strings.TrimLeft(string(given), "0") == string(is)
		}),
	},
	{
		fault:  "replaces a version that has spaces around it",
		caught: []string{"P9/near-version"},
		faulty: nearPut(func(is, given files.Version) bool {
			return strings.TrimSpace(string(given)) == string(is)
		}),
	},
	{
		fault:  "creates a file if IfVersion finds none and the size is known",
		caught: []string{"P9/every-way"},
		faulty: early(func(req *driver.PutRequest, m *mapBackend) error {
			_, err := m.Stat(context.Background(), driver.Key{Name: req.Name})
			if errors.Is(err, files.ErrNotExist) && req.SizeDeclared {
				req.If = files.Condition{}
			}
			return nil
		}),
	},
}
