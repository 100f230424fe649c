package conformance_test

import (
	"bytes"
	"context"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// largeCopies is the fault that the target of a copy of more than 4 MiB differs from
// its source.
func largeCopies(change func(req *driver.CopyRequest, f *mapFile)) faulty {
	return copied(func(req *driver.CopyRequest, m *mapBackend) {
		if f := m.files[req.Dst]; f.info.Size > 4*mib {
			change(req, &f)
			m.files[req.Dst] = f
		}
	})
}

// largeAsked is the fault that another copy of more than 4 MiB is made than was
// requested.
func largeAsked(change func(req *driver.CopyRequest)) faulty {
	return faulty{cp: func(ctx context.Context, req *driver.CopyRequest,
		m *mapBackend) (files.Info, error) {
		asked := *req
		if info, _ := m.Stat(ctx, driver.Key{Name: req.Src}); info.Size > 4*mib {
			change(&asked)
		}
		return soundCopy(ctx, &asked, m)
	}}
}

var brokenLargeCopies = []broken{
	{
		fault:  "copies a large file without metadata",
		caught: []string{"C1/large"},
		faulty: largeCopies(func(_ *driver.CopyRequest, f *mapFile) { f.info.Metadata = nil }),
	},
	{
		fault:  "copies a large file without its language",
		caught: []string{"C1/large"},
		faulty: largeCopies(func(_ *driver.CopyRequest, f *mapFile) {
			f.info.ContentLanguage = ""
		}),
	},
	{
		fault:  "copies a large file without its type",
		caught: []string{"C1/large"},
		faulty: largeCopies(func(_ *driver.CopyRequest, f *mapFile) {
			f.info.ContentType = "application/octet-stream"
		}),
	},
	{
		fault:  "copies a large file without its digest",
		caught: []string{"C1/large"},
		faulty: largeCopies(func(_ *driver.CopyRequest, f *mapFile) {
			f.info.Digest = files.Digest{}
		}),
	},
	{
		fault:  "copies the first part of a large file twice",
		caught: []string{"C1/large"},
		faulty: largeCopies(func(_ *driver.CopyRequest, f *mapFile) {
			f.content = bytes.Clone(f.content)
			copy(f.content[2*mib:4*mib], f.content[:2*mib])
			h := driver.NewHasher(files.Digest{})
			h.Write(f.content)
			f.info.Digest = h.Sum()
		}),
	},
	{
		fault:  "drops the last part of a large copy",
		caught: []string{"C1/large"},
		faulty: largeCopies(func(_ *driver.CopyRequest, f *mapFile) {
			f.content = f.content[:len(f.content)/mib*mib]
			f.info.Size = int64(len(f.content))
			h := driver.NewHasher(files.Digest{})
			h.Write(f.content)
			f.info.Digest = h.Sum()
		}),
	},
	{
		fault:  "copies a large file over another, against IfAbsent",
		caught: []string{"C1/large-conditions"},
		faulty: largeAsked(func(req *driver.CopyRequest) {
			if req.If.Absent() {
				req.If = files.Condition{}
			}
		}),
	},
	{
		fault:  "copies a large file over another version than was named",
		caught: []string{"C1/large-conditions"},
		faulty: largeAsked(func(req *driver.CopyRequest) {
			if !req.If.Absent() {
				req.If = files.Condition{}
			}
		}),
	},
	{
		fault:  "copies another version of a large file",
		caught: []string{"C1/large-conditions"},
		faulty: largeAsked(func(req *driver.CopyRequest) { req.IfSource = "" }),
	},
	{
		fault:  "changes no attributes of a large file",
		caught: []string{"C1/large-attributes"},
		faulty: faulty{cp: func(ctx context.Context, req *driver.CopyRequest,
			m *mapBackend) (files.Info, error) {
			info, err := m.Stat(ctx, driver.Key{Name: req.Src})
			if err == nil && info.Size > 4*mib && req.Src == req.Dst {
				if err = req.If.Check(true, info.Version); err == nil && req.Attributes != nil {
					info.Attributes = *req.Attributes
				}
				return info, err
			}
			return soundCopy(ctx, req, m)
		}},
	},
	{
		fault:  "empties a large file whose attributes are changed",
		caught: []string{"C1/large-attributes"},
		faulty: largeCopies(func(req *driver.CopyRequest, f *mapFile) {
			if req.Src == req.Dst {
				h := driver.NewHasher(files.Digest{})
				f.content, f.info.Size, f.info.Digest = nil, 0, h.Sum()
			}
		}),
	},
	{
		fault:  "rounds the size of a large copy to 512 bytes",
		caught: []string{"C1/large"},
		faulty: largeCopies(func(_ *driver.CopyRequest, f *mapFile) { f.info.Size &^= 511 }),
	},
	{
		fault:  "copies only the first 4 GiB",
		caught: []string{"C1/beyond-4-gib"},
		faulty: largeCopies(func(_ *driver.CopyRequest, f *mapFile) {
			f.info.Size = min(f.info.Size, 4<<30)
		}),
	},
	{
		fault:  "keeps the source of a move of a large file",
		caught: []string{"C1/large-move"},
		faulty: faulty{cp: soundCopy, del: func(k driver.Key, v files.Version,
			m *mapBackend) error {
			info, err := m.Stat(context.Background(), k)
			if err == nil && v == info.Version && info.Size > 4*mib {
				return nil
			}
			return m.Delete(context.Background(), k, v)
		}},
	},
	{
		fault:  "deletes a large file whatever its version",
		caught: []string{"D2/large"},
		faulty: faulty{del: func(k driver.Key, v files.Version, m *mapBackend) error {
			if info, _ := m.Stat(context.Background(), k); info.Size > 4*mib {
				v = ""
			}
			return m.Delete(context.Background(), k, v)
		}},
	},
}
