package conformance_test

import (
	"context"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

var brokenDeletes = []broken{
	{
		fault:  "omits a name of a bulk delete without an error",
		caught: []string{"D3/answers", "D3/many"},
		wrap:   func(b files.Bucket) files.Bucket { return &skipping{b} },
	},
	{
		fault:  "returns only the failures of a bulk delete",
		caught: []string{"D3/answers", "D3/many"},
		wrap:   func(b files.Bucket) files.Bucket { return &curt{b} },
	},
	{
		fault:  "deletes the directory with the file",
		caught: []string{"D1/directory", "D1/keeps-files-below", "N3/dir-beside-file"},
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
		fault:  "deletes a file whatever its version",
		caught: []string{"D2/stale", "D2/race", "D2/against-update"},
		faulty: faulty{del: func(k driver.Key, _ files.Version, m *mapBackend) error {
			return m.Delete(context.Background(), k, "")
		}},
	},
	{fault: "returns nil for a version of a missing file", caught: []string{"D2/stale", "D2/race"},
		faulty: faulty{del: func(k driver.Key, v files.Version, m *mapBackend) error {
			if _, err := m.Stat(context.Background(), k); err != nil {
				return nil
			}
			return m.Delete(context.Background(), k, v)
		}}},
}

// skipping omits the second name.
type skipping struct{ files.Bucket }

func (b *skipping) DeleteMany(ctx context.Context, names []string) []error {
	return driver.EachName(ctx, names, func(ctx context.Context, name string) error {
		if len(names) > 1 && name == names[len(names)-2] {
			return nil
		}
		return b.Delete(ctx, name, nil)
	})
}

// curt returns only the failures.
type curt struct{ files.Bucket }

func (b *curt) DeleteMany(ctx context.Context, names []string) (failed []error) {
	for _, name := range names {
		if err := b.Delete(ctx, name, nil); err != nil {
			failed = append(failed, err)
		}
	}
	return failed
}
