package conformance_test

import (
	"bytes"
	"context"
	"io"
	"slices"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// largePut is a Put of a large content that has been read.
type largePut struct {
	*driver.PutRequest
	old     mapFile // the file at the beginning of the upload
	was     bool
	content []byte
}

// largePuts is the fault of Puts of at least from bytes. Smaller Puts are correct.
func largePuts(from int, do func(p largePut, m *mapBackend) (files.Info, error)) faulty {
	return faulty{put: func(_ context.Context, req *driver.PutRequest,
		m *mapBackend) (files.Info, error) {
		p := largePut{PutRequest: req}
		m.mu.Lock()
		p.old, p.was = m.files[req.Name]
		m.mu.Unlock()
		var err error
		if p.content, err = io.ReadAll(req.Content); err != nil {
			return files.Info{}, err
		}
		if len(p.content) < from {
			return m.store(req.Name, req, p.content)
		}
		return do(p, m)
	}}
}

// largeStored is the fault that large Puts store another file than they should. They
// return what they stored.
func largeStored(from int, change func(f *mapFile)) faulty {
	return largePuts(from, func(p largePut, m *mapBackend) (files.Info, error) {
		return p.storeChanged(m, change)
	})
}

// storeChanged stores the file with a change.
func (p largePut) storeChanged(m *mapBackend, change func(f *mapFile)) (files.Info, error) {
	if _, err := m.store(p.Name, p.PutRequest, p.content); err != nil {
		return files.Info{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.files[p.Name]
	change(&f)
	m.files[p.Name] = f
	return f.info, nil
}

// largeContent is the fault that large Puts store another content than was given.
func largeContent(from int, change func(c []byte) []byte) faulty {
	return largePuts(from, func(p largePut, m *mapBackend) (files.Info, error) {
		info, err := m.store(p.Name, p.PutRequest, change(p.content))
		if err == nil {
			m.redigest(p.Name)
		}
		return info, err
	})
}

const mib = 1 << 20

var brokenLargePuts = []broken{
	{
		fault:  "decides IfAbsent of a large file before the upload",
		caught: []string{"P8/large"},
		faulty: largePuts(4*mib, func(p largePut, m *mapBackend) (files.Info, error) {
			if p.If.Absent() {
				if p.was {
					return files.Info{}, files.ErrExist
				}
				p.If = files.Condition{}
			}
			return m.store(p.Name, p.PutRequest, p.content)
		}),
	},
	{
		fault:  "decides IfVersion of a large file before the upload",
		caught: []string{"P9/large"},
		faulty: largePuts(4*mib, func(p largePut, m *mapBackend) (files.Info, error) {
			if err := p.If.Check(p.was, p.old.info.Version); err != nil {
				return files.Info{}, err
			}
			p.If = files.Condition{}
			return m.store(p.Name, p.PutRequest, p.content)
		}),
	},
	{
		fault:  "ignores conditions from 8 MiB on",
		caught: []string{"P8/sizes-large", "P9/sizes-large"},
		faulty: largePuts(8*mib, func(p largePut, m *mapBackend) (files.Info, error) {
			p.If = files.Condition{}
			return m.store(p.Name, p.PutRequest, p.content)
		}),
	},
	{
		fault:  "ignores conditions above 16 MiB",
		caught: []string{"P8/sizes-large", "P9/sizes-large"},
		faulty: largePuts(16*mib+1, func(p largePut, m *mapBackend) (files.Info, error) {
			p.If = files.Condition{}
			return m.store(p.Name, p.PutRequest, p.content)
		}),
	},
	{
		fault:  "ignores IfAbsent of exactly 5 MiB",
		caught: []string{"P8/sizes"},
		faulty: largePuts(5*mib, func(p largePut, m *mapBackend) (files.Info, error) {
			if len(p.content) == 5*mib && p.If.Absent() {
				p.If = files.Condition{}
			}
			return m.store(p.Name, p.PutRequest, p.content)
		}),
	},
	{
		fault:  "takes a large file for absent",
		caught: []string{"P8/sizes"},
		faulty: faulty{put: func(ctx context.Context, req *driver.PutRequest,
			m *mapBackend) (files.Info, error) {
			m.mu.Lock()
			old := m.files[req.Name]
			m.mu.Unlock()
			if req.If.Absent() && old.info.Size > 4*mib {
				req.If = files.Condition{}
			}
			return m.Put(ctx, req)
		}},
	},
	{
		fault:  "replaces a large file whatever its version",
		caught: []string{"P9/sizes"},
		faulty: faulty{put: func(ctx context.Context, req *driver.PutRequest,
			m *mapBackend) (files.Info, error) {
			m.mu.Lock()
			old := m.files[req.Name]
			m.mu.Unlock()
			if v, ok := req.If.Version(); ok && v != "" && old.info.Size > 4*mib {
				req.If = files.Condition{}
			}
			return m.Put(ctx, req)
		}},
	},
	{
		fault:  "stores no digest of a large file",
		caught: []string{"P10/large"},
		faulty: largeStored(4*mib, func(f *mapFile) { f.info.Digest = files.Digest{} }),
	},
	{
		fault:  "stores the digest of the first part",
		caught: []string{"P11/large-once"},
		faulty: largeStored(4*mib, func(f *mapFile) {
			h := driver.NewHasher(files.Digest{})
			h.Write(f.content[:4*mib])
			f.info.Digest = h.Sum()
		}),
	},
	{
		fault:  "has one version for all large files",
		caught: []string{"V1/large"},
		faulty: largeStored(4*mib, func(f *mapFile) { f.info.Version = "large" }),
	},
	{
		fault:  "has no version of a large file",
		caught: []string{"V1/large"},
		faulty: largeStored(4*mib, func(f *mapFile) { f.info.Version = "" }),
	},
	{
		fault:  "returns another version of a large Put than it stored",
		caught: []string{"P3/large"},
		faulty: largePuts(4*mib, func(p largePut, m *mapBackend) (files.Info, error) {
			info, err := m.store(p.Name, p.PutRequest, p.content)
			info.Version += "-upload"
			return info, err
		}),
	},
	{
		fault:  "loses the Content-Language of a large file",
		caught: []string{"P7/large"},
		faulty: largeStored(4*mib, func(f *mapFile) { f.info.ContentLanguage = "" }),
	},
	{
		fault:  "loses the Content-Disposition from 16 MiB on",
		caught: []string{"P7/sizes-large"},
		faulty: largeStored(16*mib, func(f *mapFile) { f.info.ContentDisposition = "" }),
	},
	{
		fault:  "loses the type of a large file",
		caught: []string{"P7/large"},
		faulty: largeStored(4*mib, func(f *mapFile) {
			f.info.ContentType = "application/octet-stream"
		}),
	},
	{
		fault:  "keeps the metadata of a file that a large one replaced",
		caught: []string{"P5/large"},
		faulty: largePuts(4*mib, func(p largePut, m *mapBackend) (files.Info, error) {
			if p.was && p.Attributes.Metadata == nil {
				p.Attributes.Metadata = p.old.info.Metadata
			}
			return m.store(p.Name, p.PutRequest, p.content)
		}),
	},
	{
		fault:  "shows a large file before it is whole",
		caught: []string{"P1/large"},
		faulty: faulty{put: func(_ context.Context, req *driver.PutRequest,
			m *mapBackend) (files.Info, error) {
			first, err := io.ReadAll(io.LimitReader(req.Content, 4*mib))
			if err != nil {
				return files.Info{}, err
			}
			if len(first) == 4*mib && req.If.IsZero() {
				m.store(req.Name, req, first)
			}
			rest, err := io.ReadAll(req.Content)
			if err != nil {
				return files.Info{}, err
			}
			return m.store(req.Name, req, slices.Concat(first, rest))
		}},
	},
	{
		fault:  "commits the parts that came before the reader failed",
		caught: []string{"P2/large"},
		faulty: faulty{put: func(_ context.Context, req *driver.PutRequest,
			m *mapBackend) (files.Info, error) {
			c, err := io.ReadAll(req.Content)
			if err != nil && len(c) < 4*mib {
				return files.Info{}, err
			}
			info, serr := m.store(req.Name, req, c)
			if err == nil {
				err = serr
			}
			return info, err
		}},
	},
	{
		fault:  "leaves the parts of a large upload that failed",
		caught: []string{"P2/large"},
		faulty: faulty{put: func(_ context.Context, req *driver.PutRequest,
			m *mapBackend) (files.Info, error) {
			c, err := io.ReadAll(req.Content)
			if err != nil {
				if len(c) >= 4*mib {
					m.left.Add(1)
				}
				return files.Info{}, err
			}
			return m.store(req.Name, req, c)
		}},
	},
	{
		fault:  "swaps two parts",
		caught: []string{"P11/large-once"},
		faulty: largeContent(4*mib, func(c []byte) []byte {
			return append(append(append([]byte{}, c[mib:2*mib]...), c[:mib]...), c[2*mib:]...)
		}),
	},
	{
		fault:  "drops the last part of a stream of unknown length",
		caught: []string{"P11/large-once"},
		faulty: largePuts(4*mib, func(p largePut, m *mapBackend) (files.Info, error) {
			if p.Size < 0 && len(p.content)%mib != 0 {
				p.content = p.content[:len(p.content)/mib*mib]
			}
			info, err := m.store(p.Name, p.PutRequest, p.content)
			if err == nil {
				m.redigest(p.Name)
			}
			return info, err
		}),
	},
	{
		fault:  "drops the last byte of a file of whole parts of 8 MiB",
		caught: []string{"P11/large"},
		faulty: largeContent(8*mib, func(c []byte) []byte {
			if len(c)%(8*mib) == 0 {
				return c[:len(c)-1]
			}
			return c
		}),
	},
	{
		fault:  "repeats the part number 10",
		caught: []string{"P11/hundred-mebibytes"},
		faulty: largeContent(88*mib, func(c []byte) []byte {
			return append(append(append([]byte{}, c[:80*mib]...), c[72*mib:80*mib]...),
				c[88*mib:]...)
		}),
	},
	{
		fault:  "loses the metadata of more than 64 MiB",
		caught: []string{"P11/hundred-mebibytes"},
		faulty: largeStored(64*mib, func(f *mapFile) { f.info.Metadata = nil }),
	},
	{
		fault:  "overwrites only the beginning of a larger file",
		caught: []string{"P5/large"},
		faulty: faulty{put: func(_ context.Context, req *driver.PutRequest,
			m *mapBackend) (files.Info, error) {
			c, err := io.ReadAll(req.Content)
			if err != nil {
				return files.Info{}, err
			}
			m.mu.Lock()
			old := m.files[req.Name].content
			m.mu.Unlock()
			if len(old) > 4*mib && len(old) > len(c) {
				c = append(c, old[len(c):]...)
			}
			info, err := m.store(req.Name, req, c)
			if err == nil {
				m.redigest(req.Name)
			}
			return info, err
		}},
	},
	{
		fault:  "takes a wrong digest of a large file",
		caught: []string{"P10/large"},
		wrap: func(b files.Bucket) files.Bucket {
			return &believing{b}
		},
	},
}

// believing does not check a large content.
type believing struct{ files.Bucket }

func (b *believing) Put(ctx context.Context, name string, r io.Reader,
	o *files.PutOptions) (files.Info, error) {
	if o == nil || o.Digest.IsZero() && o.Size == nil || r == nil {
		return b.Bucket.Put(ctx, name, r, o)
	}
	first := &bytes.Buffer{}
	if n, err := io.CopyN(first, r, 4*mib); err == nil && n == 4*mib {
		trusting := *o
		trusting.Digest, trusting.Size = files.Digest{}, nil
		o = &trusting
	}
	return b.Bucket.Put(ctx, name, io.MultiReader(first, r), o)
}
