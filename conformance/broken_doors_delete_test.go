package conformance_test

import (
	"context"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// bulk is a driver that deletes many files in one request.
type bulk struct {
	*faulty
	many func(names []string, m *mapBackend) []error
}

func (b *bulk) MaxDeleteMany() int { return 1000 }

func (b *bulk) DeleteMany(_ context.Context, names []string) []error {
	if b.many == nil {
		return manyOf(names, b.mapBackend, func(name string) error {
			return b.Delete(context.Background(), driver.Key{Name: name}, "")
		})
	}
	return b.many(names, b.mapBackend)
}

func manyOf(names []string, _ *mapBackend, each func(name string) error) []error {
	errs := make([]error, len(names))
	for i, name := range names {
		errs[i] = each(name)
	}
	return errs
}

// bulky is the fault that a bulk delete does other than a Delete for each name.
func bulky(each func(name string, m *mapBackend) error) func(*faulty) driver.Backend {
	return func(f *faulty) driver.Backend {
		return &bulk{f, func(names []string, m *mapBackend) []error {
			return manyOf(names, m, func(name string) error { return each(name, m) })
		}}
	}
}

// gone deletes the file.
func gone(name string, m *mapBackend) error {
	return m.Delete(context.Background(), driver.Key{Name: name}, "")
}

// goneAll deletes the files that are chosen.
func goneAll(m *mapBackend, chosen func(name string) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name := range m.files {
		if chosen(name) {
			delete(m.files, name)
		}
	}
}

// nearVersion is the fault that a delete takes a version that is only like the right one.
func nearVersion(like func(is, given files.Version) bool) faulty {
	return faulty{del: func(k driver.Key, v files.Version, m *mapBackend) error {
		if info, err := m.Stat(context.Background(), k); err == nil && v != "" &&
			like(info.Version, v) {
			v = info.Version
		}
		return m.Delete(context.Background(), k, v)
	}}
}

var brokenDeleteDoors = []broken{
	{
		fault:  "deletes the directory with the file, of many at once",
		caught: []string{"D3/only-those"},
		backend: bulky(func(name string, m *mapBackend) error {
			goneAll(m, func(n string) bool { return strings.HasPrefix(n, name+"/") })
			return gone(name, m)
		}),
	},
	{
		fault:  "deletes what begins like one of many",
		caught: []string{"D3/only-those"},
		backend: bulky(func(name string, m *mapBackend) error {
			goneAll(m, func(n string) bool {
				return strings.HasPrefix(n, name) && !strings.HasPrefix(n, name+"/")
			})
			return gone(name, m)
		}),
	},
	{
		fault:  "deletes one of many in whatever case it is written",
		caught: []string{"D3/only-those"},
		backend: bulky(func(name string, m *mapBackend) error {
			goneAll(m, func(n string) bool { return strings.EqualFold(n, name) })
			return nil
		}),
	},
	{
		fault:  "deletes nothing of many whose name XML escapes",
		caught: []string{"D3/odd-names"},
		backend: bulky(func(name string, m *mapBackend) error {
			if strings.ContainsAny(name, "&<>") {
				return nil
			}
			return gone(name, m)
		}),
	},
	{
		fault:  "trims the names of many",
		caught: []string{"D3/odd-names"},
		backend: bulky(func(name string, m *mapBackend) error {
			return gone(strings.TrimSpace(name), m)
		}),
	},
	{
		fault:  "fails for a missing one of many",
		caught: []string{"D3/missing"},
		backend: bulky(func(name string, m *mapBackend) error {
			if _, err := m.Stat(context.Background(), driver.Key{Name: name}); err != nil {
				return err
			}
			return gone(name, m)
		}),
	},
	{
		fault:  "fails for a name that is given twice, far apart",
		caught: []string{"D3/twice"},
		backend: func(f *faulty) driver.Backend {
			return &bulk{f, func(names []string, m *mapBackend) []error {
				seen := map[string]bool{}
				return manyOf(names, m, func(name string) error {
					if seen[name] && len(names) > 8 {
						return files.Errorf(files.ErrInvalid, "the name is given twice")
					}
					seen[name] = true
					return gone(name, m)
				})
			}}
		},
	},
	{
		fault:  "counts each name of many once",
		caught: []string{"D3/twice"},
		wrap: func(b files.Bucket) files.Bucket {
			return &deduping{b}
		},
	},
	{
		fault:  "leaves the attributes of many to their successors",
		caught: []string{"D3/recreate"},
		faulty: early(func(req *driver.PutRequest, m *mapBackend) error {
			m.mu.Lock()
			defer m.mu.Unlock()
			if old, ok := m.before["gone "+req.Name]; ok && req.Attributes.Metadata == nil {
				req.Attributes.Metadata = old.info.Metadata
			}
			return nil
		}),
		backend: bulky(func(name string, m *mapBackend) error {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.before["gone "+name] = m.files[name]
			delete(m.files, name)
			return nil
		}),
	},
	{
		fault:  "deletes none of many beside one that it refuses",
		caught: []string{"D3/refused-beside"},
		wrap:   func(b files.Bucket) files.Bucket { return &allOrNone{b} },
	},
	{
		fault:  "deletes what the names of many mean once they are cleaned",
		caught: []string{"D3/refused-beside"},
		wrap:   func(b files.Bucket) files.Bucket { return &cleaning{b} },
	},
	{
		fault:  "deletes a version that begins like the one that is there",
		caught: []string{"D2/near-version"},
		faulty: nearVersion(func(is, given files.Version) bool {
			return strings.HasPrefix(string(is), string(given))
		}),
	},
	{
		fault:  "deletes a version that goes on behind the one that is there",
		caught: []string{"D2/near-version"},
		faulty: nearVersion(func(is, given files.Version) bool {
			return strings.HasPrefix(string(given), string(is))
		}),
	},
	{
		fault:  "deletes a version that is written in quotes",
		caught: []string{"D2/near-version"},
		faulty: nearVersion(func(is, given files.Version) bool {
			return strings.Trim(string(given), `"`) == string(is)
		}),
	},
	{
		fault:  "deletes a version in whatever case it is written",
		caught: []string{"D2/near-version"},
		faulty: nearVersion(func(is, given files.Version) bool {
			return strings.EqualFold(string(given), string(is))
		}),
	},
	{
		fault:  "deletes whatever the version * stands for",
		caught: []string{"D2/near-version"},
		faulty: nearVersion(func(is, given files.Version) bool { return given == "*" }),
	},
	{
		fault:  "deletes one of several versions that are given as a list",
		caught: []string{"D2/near-version"},
		faulty: nearVersion(func(is, given files.Version) bool {
			first, _, _ := strings.Cut(string(given), ",")
			return first == string(is)
		}),
	},
}

// deduping deletes each name once, and answers for what it has deleted.
type deduping struct{ files.Bucket }

func (b *deduping) DeleteMany(ctx context.Context, names []string) (errs []error) {
	seen := map[string]bool{}
	for _, name := range names {
		if !seen[name] || len(names) < 10 {
			errs = append(errs, b.Delete(ctx, name, nil))
		}
		seen[name] = true
	}
	return errs
}

// allOrNone refuses many names if one of them is refused.
type allOrNone struct{ files.Bucket }

func (b *allOrNone) DeleteMany(ctx context.Context, names []string) []error {
	errs := make([]error, len(names))
	for i, name := range names {
		errs[i] = files.NewError(files.OpDelete, name, files.CheckName(name))
	}
	for _, err := range errs {
		if err != nil {
			return errs // the others are said to be gone
		}
	}
	return driver.EachName(ctx, names, func(ctx context.Context, name string) error {
		return b.Delete(ctx, name, nil)
	})
}

// cleaning deletes the file that an illegal name of many looks like, and refuses the
// name.
type cleaning struct{ files.Bucket }

func (b *cleaning) DeleteMany(ctx context.Context, names []string) []error {
	return driver.EachName(ctx, names, func(ctx context.Context, name string) error {
		if clean := strings.Trim(strings.ReplaceAll(name, "//", "/"), "/"); clean != name {
			b.Delete(ctx, clean, nil)
		}
		return b.Delete(ctx, name, nil)
	})
}
