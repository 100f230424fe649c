package conformance_test

import (
	"context"
	"iter"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// clockedBy is the fault that every time is wrong in the same way.
func clockedBy(change func(time.Time) time.Time) faulty {
	return answers(faulty{}, func(i *files.Info) {
		if !i.ModTime.IsZero() {
			i.ModTime = change(i.ModTime)
		}
	})
}

// ofPuts changes what a Put over an old file stores.
func ofPuts(change func(f *mapFile, old mapFile)) faulty {
	return faulty{
		put: func(ctx context.Context, req *driver.PutRequest, m *mapBackend) (files.Info, error) {
			m.mu.Lock()
			old := m.files[req.Name]
			m.mu.Unlock()
			info, err := m.Put(ctx, req)
			if err == nil {
				m.mu.Lock()
				defer m.mu.Unlock()
				f := m.files[req.Name]
				change(&f, old)
				m.files[req.Name], info.ModTime = f, f.info.ModTime
			}
			return info, err
		},
	}
}

var brokenTimes = []broken{
	{
		fault:  "returns 1970 as every time",
		caught: []string{"V2/near-now"},
		faulty: clockedBy(func(time.Time) time.Time { return time.Unix(0, 0).UTC() }),
	},
	{
		fault:  "takes its local time for UTC",
		caught: []string{"V2/near-now"},
		faulty: clockedBy(func(t time.Time) time.Time { return t.Add(-5 * time.Hour) }),
	},
	{
		fault:  "takes its local time for UTC, east of it",
		caught: []string{"V2/near-now"},
		faulty: clockedBy(func(t time.Time) time.Time {
			return t.Add(5*time.Hour + 45*time.Minute)
		}),
	},
	{
		fault:  "takes seconds for milliseconds",
		caught: []string{"V2/near-now"},
		faulty: clockedBy(func(t time.Time) time.Time {
			return time.UnixMilli(t.Unix()).UTC()
		}),
	},
	{
		fault:  "returns the time of a file's first Put",
		caught: []string{"V2/near-now"},
		faulty: ofPuts(func(f *mapFile, old mapFile) {
			if old.info.Version != "" {
				f.info.ModTime = old.info.ModTime
			}
		}),
	},
	{
		fault:  "keeps the time of a file if the content is the same",
		caught: []string{"V2/near-now"},
		faulty: ofPuts(func(f *mapFile, old mapFile) {
			if string(old.content) == string(f.content) && old.info.Version != "" {
				f.info.ModTime = old.info.ModTime
			}
		}),
	},
	{
		fault:  "gives a copy the time of its source",
		caught: []string{"V2/near-now"},
		faulty: recopied(func(f *mapFile, _, src mapFile) { f.info.ModTime = src.info.ModTime }),
	},
	{
		fault:  "gives a copy the time of the file that it replaced",
		caught: []string{"V2/near-now"},
		faulty: recopied(func(f *mapFile, old, _ mapFile) {
			if old.info.Version != "" {
				f.info.ModTime = old.info.ModTime
			}
		}),
	},
	{
		fault:  "gives a copy no time",
		caught: []string{"V2/near-now"},
		faulty: recopied(func(f *mapFile, _, _ mapFile) { f.info.ModTime = time.Time{} }),
	},
	{
		fault:  "lists a copy with the time of its source",
		caught: []string{"L5/after-each"},
		faulty: listing(func(e *files.Entry, m *mapBackend) {
			if src, ok := m.before["src "+e.Name]; ok {
				e.ModTime = src.info.ModTime
			}
		}, func(req *driver.CopyRequest, m *mapBackend) {
			m.before["src "+req.Dst] = m.files[req.Src]
		}),
	},
	{
		fault:  "lists a copy with the version of its source",
		caught: []string{"L5/after-each"},
		faulty: listing(func(e *files.Entry, m *mapBackend) {
			if src, ok := m.before["src "+e.Name]; ok {
				e.Version = src.info.Version
			}
		}, func(req *driver.CopyRequest, m *mapBackend) {
			m.before["src "+req.Dst] = m.files[req.Src]
		}),
	},
	{
		fault:  "lists a replaced file with the time of the one before",
		caught: []string{"L5/after-each"},
		faulty: listing(func(e *files.Entry, m *mapBackend) {
			if old, ok := m.before[e.Name]; ok {
				e.ModTime = old.info.ModTime
			}
		}, nil),
	},
}

// listing is the fault that a listing has something else than Stat, from what copies
// noted under the map's lock.
func listing(change func(e *files.Entry, m *mapBackend),
	note func(req *driver.CopyRequest, m *mapBackend)) faulty {
	f := faulty{
		list: func(req driver.ListRequest, m *mapBackend) iter.Seq2[files.Entry, error] {
			return func(yield func(files.Entry, error) bool) {
				for e, err := range m.List(context.Background(), req) {
					m.mu.Lock()
					change(&e, m)
					m.mu.Unlock()
					if !yield(e, err) {
						return
					}
				}
			}
		},
	}
	if note != nil {
		f.cp = func(ctx context.Context, req *driver.CopyRequest,
			m *mapBackend) (files.Info, error) {
			info, err := soundCopy(ctx, req, m)
			if err == nil && req.Src != req.Dst {
				m.mu.Lock()
				defer m.mu.Unlock()
				note(req, m)
			}
			return info, err
		}
	}
	return f
}
