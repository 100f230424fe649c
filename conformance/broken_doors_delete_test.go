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

// bulky is the fault that a bulk delete does something else than a Delete for each
// name.
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

// goneAll deletes the chosen files.
func goneAll(m *mapBackend, chosen func(name string) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name := range m.files {
		if chosen(name) {
			delete(m.files, name)
		}
	}
}

// nearVersion is the fault that a delete accepts a version that is only similar to the
// file's.
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
		fault:  "deletes the directory with the file in a bulk delete",
		caught: []string{"D3/only-those"},
		backend: bulky(func(name string, m *mapBackend) error {
			goneAll(m, func(n string) bool { return strings.HasPrefix(n, name+"/") })
			return gone(name, m)
		}),
	},
	{
		fault:  "deletes files whose names begin like one in a bulk delete",
		caught: []string{"D3/only-those"},
		backend: bulky(func(name string, m *mapBackend) error {
			goneAll(m, func(n string) bool {
				return strings.HasPrefix(n, name) && !strings.HasPrefix(n, name+"/")
			})
			return gone(name, m)
		}),
	},
	{
		fault:  "ignores case in the names of a bulk delete",
		caught: []string{"D3/only-those"},
		backend: bulky(func(name string, m *mapBackend) error {
			goneAll(m, func(n string) bool { return strings.EqualFold(n, name) })
			return nil
		}),
	},
	{
		fault:  "deletes no name that XML escapes in a bulk delete",
		caught: []string{"D3/odd-names"},
		backend: bulky(func(name string, m *mapBackend) error {
			if strings.ContainsAny(name, "&<>") {
				return nil
			}
			return gone(name, m)
		}),
	},
	{
		fault:  "trims the names of a bulk delete",
		caught: []string{"D3/odd-names"},
		backend: bulky(func(name string, m *mapBackend) error {
			return gone(strings.TrimSpace(name), m)
		}),
	},
	{
		fault:  "fails for a missing file in a bulk delete",
		caught: []string{"D3/missing"},
		backend: bulky(func(name string, m *mapBackend) error {
			if _, err := m.Stat(context.Background(), driver.Key{Name: name}); err != nil {
				return err
			}
			return gone(name, m)
		}),
	},
	{
		fault:  "fails for a name that a bulk delete has twice, far apart",
		caught: []string{"D3/twice"},
		backend: func(f *faulty) driver.Backend {
			return &bulk{f, func(names []string, m *mapBackend) []error {
				seen := map[string]bool{}
				return manyOf(names, m, func(name string) error {
					if seen[name] && len(names) > 8 {
						return driver.Errorf(files.ErrInvalid, "the name is given twice")
					}
					seen[name] = true
					return gone(name, m)
				})
			}}
		},
	},
	{
		fault:  "counts each name of a bulk delete once",
		caught: []string{"D3/twice"},
		wrap: func(b files.Bucket) files.Bucket {
			return &deduping{b}
		},
	},
	{
		fault:  "leaves the attributes of files deleted in bulk to their successors",
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
		fault:  "deletes no name of a bulk delete if it refuses one",
		caught: []string{"D3/refused-beside"},
		wrap:   func(b files.Bucket) files.Bucket { return &allOrNone{b} },
	},
	{
		fault:  "cleans the names of a bulk delete as paths",
		caught: []string{"D3/refused-beside"},
		wrap:   func(b files.Bucket) files.Bucket { return &cleaning{b} },
	},
	{
		fault:  "deletes a version that begins like the current one",
		caught: []string{"D2/near-version"},
		faulty: nearVersion(func(is, given files.Version) bool {
			return strings.HasPrefix(string(is), string(given))
		}),
	},
	{
		fault:  "deletes a version that continues the current one",
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
		fault:  "ignores case in the version of a delete",
		caught: []string{"D2/near-version"},
		faulty: nearVersion(func(is, given files.Version) bool {
			return strings.EqualFold(string(given), string(is))
		}),
	},
	{
		fault:  "takes the version * of a delete for any version",
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

// deduping deletes each name once, and returns results for those only.
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
		errs[i] = driver.NewError(files.OpDelete, name, files.CheckName(name))
	}
	for _, err := range errs {
		if err != nil {
			return errs // the others are reported as deleted
		}
	}
	return driver.EachName(ctx, names, func(ctx context.Context, name string) error {
		return b.Delete(ctx, name, nil)
	})
}

// cleaning deletes the file that an illegal name resembles, and refuses the name.
type cleaning struct{ files.Bucket }

func (b *cleaning) DeleteMany(ctx context.Context, names []string) []error {
	return driver.EachName(ctx, names, func(ctx context.Context, name string) error {
		if clean := strings.Trim(strings.ReplaceAll(name, "//", "/"), "/"); clean != name {
			b.Delete(ctx, clean, nil)
		}
		return b.Delete(ctx, name, nil)
	})
}
