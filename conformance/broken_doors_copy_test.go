package conformance_test

import (
	"context"
	"strings"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// copying is the fault that another copy is made than was requested. change may refuse
// it.
func copying(change func(req *driver.CopyRequest, m *mapBackend) error) faulty {
	return faulty{
		cp: func(ctx context.Context, req *driver.CopyRequest, m *mapBackend) (files.Info, error) {
			r := *req
			if err := change(&r, m); err != nil {
				return files.Info{}, err
			}
			return soundCopy(ctx, &r, m)
		},
	}
}

// recopied is the fault that a copy changes the target.
func recopied(change func(f *mapFile, old mapFile, src mapFile)) faulty {
	return faulty{
		cp: func(ctx context.Context, req *driver.CopyRequest, m *mapBackend) (files.Info, error) {
			m.mu.Lock()
			old, src := m.files[req.Dst], m.files[req.Src]
			m.mu.Unlock()
			info, err := soundCopy(ctx, req, m)
			if err != nil {
				return info, err
			}
			m.mu.Lock()
			defer m.mu.Unlock()
			f := m.files[req.Dst]
			change(&f, old, src)
			m.files[req.Dst] = f
			return f.info, nil
		},
	}
}

// nearCopy is the fault that a copy accepts a version that is only similar to that of
// its target or source.
func nearCopy(source bool, like func(is, given files.Version) bool) faulty {
	return copying(func(req *driver.CopyRequest, m *mapBackend) error {
		of := req.Dst
		if source {
			of = req.Src
		}
		info, err := m.Stat(context.Background(), driver.Key{Name: of})
		if err != nil {
			return nil
		}
		if v, ok := req.If.Version(); !source && ok && like(info.Version, v) {
			req.If = files.IfVersion(info.Version)
		}
		if source && req.IfSource != "" && like(info.Version, req.IfSource) {
			req.IfSource = info.Version
		}
		return nil
	})
}

func beginsLike(is, given files.Version) bool {
	return strings.HasPrefix(string(is), string(given)) ||
		strings.HasPrefix(string(given), string(is))
}

var brokenCopyDoors = []broken{
	{
		fault:  "claims to copy inside the store, and never does",
		caught: []string{"C1/server-copy"},
		faulty: copying(func(*driver.CopyRequest, *mapBackend) error {
			return files.ErrUnsupported
		}),
	},
	{
		fault:  "copies only small files inside the store",
		caught: []string{"C1/server-copy"},
		faulty: copying(func(req *driver.CopyRequest, m *mapBackend) error {
			if info, _ := m.Stat(context.Background(),
				driver.Key{Name: req.Src}); info.Size > 64<<10 {
				return files.ErrUnsupported
			}
			return nil
		}),
	},
	{
		fault:  "copies inside the store only to a new name",
		caught: []string{"C1/server-copy"},
		faulty: copying(func(req *driver.CopyRequest, m *mapBackend) error {
			if _, err := m.Stat(context.Background(), driver.Key{Name: req.Dst}); err == nil {
				return files.ErrUnsupported
			}
			return nil
		}),
	},
	{
		fault:  "gives a copy no digest",
		caught: []string{"C1/digest"},
		faulty: recopied(func(f *mapFile, _, _ mapFile) { f.info.Digest = files.Digest{} }),
	},
	{
		fault:  "loses the digest with a change of attributes",
		caught: []string{"C1/digest"},
		faulty: recopied(func(f *mapFile, old, src mapFile) {
			if old.info.Version == src.info.Version {
				f.info.Digest = files.Digest{}
			}
		}),
	},
	{
		fault:  "gives a copy the digest of the file that it replaced",
		caught: []string{"C1/digest"},
		faulty: recopied(func(f *mapFile, old, _ mapFile) {
			if old.info.Version != "" {
				f.info.Digest = old.info.Digest
			}
		}),
	},
	{
		fault:  "gives a copy the version of the file that it replaced",
		caught: []string{"C1/version"},
		faulty: recopied(func(f *mapFile, old, _ mapFile) {
			if old.info.Version != "" {
				f.info.Version = old.info.Version
			}
		}),
	},
	{
		fault:  "keeps the version of a file that gets new attributes, and claims one for each Put",
		caught: []string{"C1/version"},
		faulty: recopied(func(f *mapFile, old, src mapFile) {
			if old.info.Version == src.info.Version {
				f.info.Version = old.info.Version
			}
		}),
	},
	{
		fault:  "gives a copy no version",
		caught: []string{"C1/version"},
		faulty: recopied(func(f *mapFile, _, _ mapFile) { f.info.Version = "" }),
	},
	{
		fault:  "undoes a Put with new attributes",
		caught: []string{"C1/attributes-beside-put"},
		faulty: faulty{
			cp: func(ctx context.Context, req *driver.CopyRequest,
				m *mapBackend) (files.Info, error) {
				m.mu.Lock()
				src, puts := m.files[req.Src], m.puts
				m.mu.Unlock()
				if req.Src != req.Dst || src.info.Version == "" || !req.If.IsZero() {
					return soundCopy(ctx, req, m)
				}
				// The content is sent only after another writer's Put.
				for end := time.Now().Add(20 * time.Millisecond); time.Now().Before(end); {
					m.mu.Lock()
					other := m.puts != puts
					m.mu.Unlock()
					if other {
						break
					}
					time.Sleep(100 * time.Microsecond)
				}
				m.mu.Lock()
				defer m.mu.Unlock()
				m.set(req.Dst, &driver.PutRequest{
					Name:       req.Dst,
					Attributes: *req.Attributes,
				}, src.content)
				m.redigestLocked(req.Dst)
				return m.files[req.Dst].info, nil
			},
		},
	},
	{
		fault:  "ignores the condition of a copy with new attributes",
		caught: []string{"C1/every-condition"},
		faulty: copying(func(req *driver.CopyRequest, _ *mapBackend) error {
			if req.Attributes != nil {
				req.If = files.Condition{}
			}
			return nil
		}),
	},
	{
		fault:  "ignores the source's version of a copy with new attributes",
		caught: []string{"C1/every-condition"},
		faulty: copying(func(req *driver.CopyRequest, _ *mapBackend) error {
			if req.Attributes != nil {
				req.IfSource = ""
			}
			return nil
		}),
	},
	{
		fault:  "ignores the condition of a copy of a certain version",
		caught: []string{"C1/every-condition"},
		faulty: copying(func(req *driver.CopyRequest, _ *mapBackend) error {
			if req.IfSource != "" {
				req.If = files.Condition{}
			}
			return nil
		}),
	},
	{
		fault:  "copies over a version that is similar to the current one",
		caught: []string{"C1/near-version"},
		faulty: nearCopy(false, beginsLike),
	},
	{
		fault:  "copies a version that is similar to the current one",
		caught: []string{"C1/near-version"},
		faulty: nearCopy(true, beginsLike),
	},
	{
		fault:  "takes a directory for a file in a copy with IfAbsent",
		caught: []string{"C1/if-absent-beside-others"},
		faulty: copying(func(req *driver.CopyRequest, m *mapBackend) error {
			m.mu.Lock()
			defer m.mu.Unlock()
			for name := range m.files {
				if req.If.Absent() && strings.HasPrefix(name, req.Dst+"/") {
					return files.ErrExist
				}
			}
			return nil
		}),
	},
	{
		fault:  "copies the file of that name in its own store",
		caught: []string{"C1/between-named-alike"},
		backend: func(f *faulty) driver.Backend {
			f.cp = soundCopy
			return &ownCopier{f}
		},
	},
}

// ownCopier copies from the other store only files that it doesn't have itself.
type ownCopier struct{ *faulty }

func (b *ownCopier) Copy(ctx context.Context, from driver.Backend,
	req *driver.CopyRequest) (files.Info, error) {
	if src, ok := from.(*ownCopier); ok && src.mapBackend != b.mapBackend {
		if _, err := b.Stat(ctx, driver.Key{Name: req.Src}); err != nil || req.Src == req.Dst {
			return files.Info{}, files.ErrUnsupported
		}
	}
	return soundCopy(ctx, req, b.mapBackend)
}
