package conformance_test

import (
	"context"
	"iter"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// has returns the file, and whether it exists and is empty.
func (m *mapBackend) has(name string) (f mapFile, empty bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f, ok := m.files[name]
	return f, ok && f.info.Size == 0
}

// ontoEmpty is the fault that another Put is made over an empty file.
func ontoEmpty(change func(req *driver.PutRequest, old mapFile)) faulty {
	return faulty{put: func(ctx context.Context, req *driver.PutRequest,
		m *mapBackend) (files.Info, error) {
		if old, empty := m.has(req.Name); empty {
			change(req, old)
		}
		return m.Put(ctx, req)
	}}
}

// emptyPuts is the fault that an empty content is put differently.
func emptyPuts(do func(p largePut, m *mapBackend) (files.Info, error)) faulty {
	return largePuts(0, func(p largePut, m *mapBackend) (files.Info, error) {
		if len(p.content) > 0 {
			return m.store(p.Name, p.PutRequest, p.content)
		}
		return do(p, m)
	})
}

// emptyCopies is the fault that an empty file is copied differently.
func emptyCopies(do func(req *driver.CopyRequest, src mapFile,
	m *mapBackend) (files.Info, error)) faulty {
	return faulty{cp: func(ctx context.Context, req *driver.CopyRequest,
		m *mapBackend) (files.Info, error) {
		if src, empty := m.has(req.Src); empty {
			return do(req, src, m)
		}
		return soundCopy(ctx, req, m)
	}}
}

var brokenEmpties = []broken{
	{
		fault:  "takes an empty file for absent",
		caught: []string{"P8/empty"},
		faulty: ontoEmpty(func(req *driver.PutRequest, _ mapFile) {
			if req.If.Absent() {
				req.If = files.Condition{}
			}
		}),
	},
	{
		fault:  "replaces an empty file whatever its version",
		caught: []string{"P9/empty"},
		faulty: ontoEmpty(func(req *driver.PutRequest, _ mapFile) {
			if v, ok := req.If.Version(); ok && v != "" {
				req.If = files.Condition{}
			}
		}),
	},
	{
		fault:  "never replaces an empty file with IfVersion",
		caught: []string{"P9/empty"},
		faulty: ontoEmpty(func(req *driver.PutRequest, _ mapFile) {
			if _, ok := req.If.Version(); ok {
				req.If = files.IfVersion("gone")
			}
		}),
	},
	{
		fault:  "ignores the condition of an empty Put",
		caught: []string{"P8/empty", "P9/empty"},
		faulty: emptyPuts(func(p largePut, m *mapBackend) (files.Info, error) {
			p.If = files.Condition{}
			return m.store(p.Name, p.PutRequest, p.content)
		}),
	},
	{
		fault:  "decides IfAbsent of an empty file before the upload",
		caught: []string{"P8/empty"},
		faulty: emptyPuts(func(p largePut, m *mapBackend) (files.Info, error) {
			if p.If.Absent() && !p.was {
				p.If = files.Condition{}
			}
			return m.store(p.Name, p.PutRequest, p.content)
		}),
	},
	{
		fault:  "keeps the metadata of an empty file that is replaced",
		caught: []string{"P5/empty-attributes"},
		faulty: ontoEmpty(func(req *driver.PutRequest, old mapFile) {
			if req.Attributes.Metadata == nil {
				req.Attributes.Metadata = old.info.Metadata
			}
		}),
	},
	{
		fault:  "empties a file and keeps its attributes",
		caught: []string{"P5/empty-attributes"},
		faulty: emptyPuts(func(p largePut, m *mapBackend) (files.Info, error) {
			if p.was {
				p.Attributes = p.old.info.Attributes
			}
			return m.store(p.Name, p.PutRequest, p.content)
		}),
	},
	{
		fault:  "empties a file and keeps its version",
		caught: []string{"V1/empty"},
		faulty: emptyPuts(func(p largePut, m *mapBackend) (files.Info, error) {
			return p.storeChanged(m, func(f *mapFile) {
				if p.was {
					f.info.Version = p.old.info.Version
				}
			})
		}),
	},
	{
		fault:  "has one version for all empty files",
		caught: []string{"V1/empty"},
		faulty: emptyPuts(func(p largePut, m *mapBackend) (files.Info, error) {
			return p.storeChanged(m, func(f *mapFile) { f.info.Version = "empty" })
		}),
	},
	{
		fault:  "stores no digest of an empty file",
		caught: []string{"P10/empty"},
		faulty: emptyPuts(func(p largePut, m *mapBackend) (files.Info, error) {
			return p.storeChanged(m, func(f *mapFile) { f.info.Digest = files.Digest{} })
		}),
	},
	{
		fault:  "copies an empty file over another, against IfAbsent",
		caught: []string{"C1/empty"},
		faulty: emptyCopies(func(req *driver.CopyRequest, _ mapFile,
			m *mapBackend) (files.Info, error) {
			asked := *req
			asked.If = files.Condition{}
			return soundCopy(context.Background(), &asked, m)
		}),
	},
	{
		fault:  "copies over an empty file, against IfAbsent",
		caught: []string{"C1/empty"},
		faulty: faulty{cp: func(ctx context.Context, req *driver.CopyRequest,
			m *mapBackend) (files.Info, error) {
			asked := *req
			if _, empty := m.has(req.Dst); empty && req.If.Absent() {
				asked.If = files.Condition{}
			}
			return soundCopy(ctx, &asked, m)
		}},
	},
	{
		fault:  "copies an empty file and keeps the old target",
		caught: []string{"C1/empty"},
		faulty: emptyCopies(func(req *driver.CopyRequest, _ mapFile,
			m *mapBackend) (files.Info, error) {
			old, _ := m.has(req.Dst)
			info, err := soundCopy(context.Background(), req, m)
			if err != nil || req.Src == req.Dst {
				return info, err
			}
			m.mu.Lock()
			defer m.mu.Unlock()
			f := m.files[req.Dst]
			f.content, f.info.Size = old.content, old.info.Size
			m.files[req.Dst] = f
			m.redigestLocked(req.Dst)
			return m.files[req.Dst].info, nil
		}),
	},
	{
		fault:  "copies an empty file without its attributes",
		caught: []string{"C1/empty"},
		faulty: emptyCopies(func(req *driver.CopyRequest, src mapFile,
			m *mapBackend) (files.Info, error) {
			asked := *req
			if asked.Attributes == nil {
				asked.Attributes = &files.Attributes{ContentType: src.info.ContentType}
			}
			return soundCopy(context.Background(), &asked, m)
		}),
	},
	{
		fault:  "copies an empty file whatever its version",
		caught: []string{"C1/empty"},
		faulty: emptyCopies(func(req *driver.CopyRequest, _ mapFile,
			m *mapBackend) (files.Info, error) {
			asked := *req
			asked.IfSource = ""
			return soundCopy(context.Background(), &asked, m)
		}),
	},
	{
		fault:  "changes no attributes of an empty file",
		caught: []string{"C1/empty-attributes"},
		faulty: emptyCopies(func(req *driver.CopyRequest, src mapFile,
			m *mapBackend) (files.Info, error) {
			if req.Src == req.Dst {
				info := src.info
				if req.Attributes != nil {
					info.Attributes = *req.Attributes
				}
				return info, req.If.Check(true, info.Version)
			}
			return soundCopy(context.Background(), req, m)
		}),
	},
	{
		fault:  "deletes an empty file whatever its version",
		caught: []string{"D2/empty"},
		faulty: faulty{del: func(k driver.Key, v files.Version, m *mapBackend) error {
			if _, empty := m.has(k.Name); empty {
				v = ""
			}
			return m.Delete(context.Background(), k, v)
		}},
	},
	{
		fault:  "never deletes an empty file with IfVersion",
		caught: []string{"D2/empty", "C1/empty-move"},
		faulty: faulty{del: func(k driver.Key, v files.Version, m *mapBackend) error {
			if _, empty := m.has(k.Name); empty && v != "" {
				return files.ErrPrecondition
			}
			return m.Delete(context.Background(), k, v)
		}},
	},
	{
		fault:  "keeps the source of a move of an empty file",
		caught: []string{"C1/empty-move"},
		faulty: faulty{del: func(k driver.Key, v files.Version, m *mapBackend) error {
			if f, empty := m.has(k.Name); empty && v == f.info.Version {
				return nil
			}
			return m.Delete(context.Background(), k, v)
		}},
	},
	{
		fault:  "reads an empty file whatever its version",
		caught: []string{"G8/empty"},
		faulty: faulty{open: func(ctx context.Context, req driver.OpenRequest,
			m *mapBackend) (driver.Object, error) {
			if _, empty := m.has(req.Key.Name); empty {
				req.IfVersion = ""
			}
			return m.Open(ctx, req)
		}},
	},
	{
		fault:  "returns an empty file in place of ErrNotModified",
		caught: []string{"G8/empty"},
		faulty: faulty{open: func(ctx context.Context, req driver.OpenRequest,
			m *mapBackend) (driver.Object, error) {
			if _, empty := m.has(req.Key.Name); empty {
				req.IfNotVersion = ""
			}
			return m.Open(ctx, req)
		}},
	},
	{
		fault:  "omits the attributes of an empty file in the Info of a range",
		caught: []string{"S1/empty"},
		faulty: opened(func(req driver.OpenRequest, o *driver.Object, _ *mapBackend) error {
			if o.Info.Size == 0 && !req.Range.IsWhole() {
				o.Info.Attributes = files.Attributes{ContentType: "application/octet-stream"}
			}
			return nil
		}),
	},
	{
		fault:  "lists no empty file",
		caught: []string{"L1/empty-file"},
		faulty: faulty{list: func(req driver.ListRequest,
			m *mapBackend) iter.Seq2[files.Entry, error] {
			return func(yield func(files.Entry, error) bool) {
				for e := range m.List(context.Background(), req) {
					if (e.Size > 0 || e.IsDir) && !yield(e, nil) {
						return
					}
				}
			}
		}},
	},
	{
		fault:  "lists no directory with empty files only",
		caught: []string{"L1/empty-file"},
		faulty: faulty{list: func(req driver.ListRequest,
			m *mapBackend) iter.Seq2[files.Entry, error] {
			return func(yield func(files.Entry, error) bool) {
				for e := range m.List(context.Background(), req) {
					size := int64(0)
					for below := range m.List(context.Background(),
						driver.ListRequest{Prefix: e.Name}) {
						size += below.Size
					}
					if (!e.IsDir || size > 0) && !yield(e, nil) {
						return
					}
				}
			}
		}},
	},
}
