package conformance_test

import (
	"context"
	"io"
	"iter"
	"strings"
	"sync"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// nearGet is the fault that a Get accepts a version that is only similar to the file's.
func nearGet(like func(is, given files.Version) bool) faulty {
	return faulty{
		open: func(ctx context.Context, req driver.OpenRequest,
			m *mapBackend) (driver.Object, error) {
			if info, err := m.Stat(ctx, req.Key); err == nil {
				for _, v := range []*files.Version{&req.IfVersion, &req.IfNotVersion} {
					if *v != "" && like(info.Version, *v) {
						*v = info.Version
					}
				}
			}
			return m.Open(ctx, req)
		},
	}
}

// missed is the fault that some reads of a missing file have another result.
func missed(answer func(req driver.OpenRequest) (driver.Object, error)) faulty {
	return faulty{
		open: func(ctx context.Context, req driver.OpenRequest,
			m *mapBackend) (driver.Object, error) {
			o, err := m.Open(ctx, req)
			if err == files.ErrNotExist {
				return answer(req)
			}
			return o, err
		},
	}
}

// nothing is an open file of no bytes.
func nothing() (driver.Object, error) {
	return driver.Object{Body: io.NopCloser(strings.NewReader(""))}, nil
}

// memory is what a bucket remembers of its files until it changes them itself.
type memory struct {
	mu    sync.Mutex
	infos map[string]files.Info
	list  map[driver.ListRequest][]files.Entry
}

func (m *memory) forget(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.infos, name)
	clear(m.list)
}

// recalling is the fault that a bucket forgets what it remembers of files only in Put
// and Delete, although other calls change them too.
type recalling struct {
	*faulty
	kept        *memory
	stats, list bool
}

func newRecalling(stats, list bool) func(*faulty) driver.Backend {
	return func(f *faulty) driver.Backend {
		return &recalling{f, &memory{
			infos: map[string]files.Info{},
			list:  map[driver.ListRequest][]files.Entry{},
		}, stats, list}
	}
}

func (r *recalling) Put(ctx context.Context, req *driver.PutRequest) (files.Info, error) {
	info, err := r.faulty.Put(ctx, req)
	r.kept.forget(req.Name)
	return info, err
}

func (r *recalling) Delete(ctx context.Context, k driver.Key, v files.Version) error {
	err := r.faulty.Delete(ctx, k, v)
	r.kept.forget(k.Name)
	return err
}

func (r *recalling) MaxDeleteMany() int { return 1000 }

func (r *recalling) DeleteMany(_ context.Context, names []string) []error {
	return manyOf(names, r.mapBackend, func(name string) error { return gone(name, r.mapBackend) })
}

func (r *recalling) Copy(ctx context.Context, from driver.Backend,
	req *driver.CopyRequest) (files.Info, error) {
	if src, ok := from.(*recalling); !ok || src.mapBackend != r.mapBackend {
		return files.Info{}, files.ErrUnsupported
	}
	return soundCopy(ctx, req, r.mapBackend)
}

func (r *recalling) Features() files.Features {
	f := r.faulty.Features()
	f.ServerCopy = true
	return f
}

func (r *recalling) Stat(ctx context.Context, k driver.Key) (files.Info, error) {
	r.kept.mu.Lock()
	defer r.kept.mu.Unlock()
	if info, ok := r.kept.infos[k.Name]; ok && r.stats {
		return info, nil
	}
	info, err := r.faulty.Stat(ctx, k)
	if err == nil {
		r.kept.infos[k.Name] = info
	}
	return info, err
}

func (r *recalling) List(ctx context.Context,
	req driver.ListRequest) iter.Seq2[files.Entry, error] {
	if !r.list {
		return r.faulty.List(ctx, req)
	}
	r.kept.mu.Lock()
	defer r.kept.mu.Unlock()
	all, ok := r.kept.list[req]
	if !ok {
		for e := range r.faulty.List(ctx, req) {
			all = append(all, e)
		}
		r.kept.list[req] = all
	}
	return func(yield func(files.Entry, error) bool) {
		for _, e := range all {
			if !yield(e, nil) {
				return
			}
		}
	}
}

var brokenGetDoors = []broken{
	{
		fault:  "returns an empty body for a part of a missing file",
		caught: []string{"G1/every-way"},
		faulty: missed(func(req driver.OpenRequest) (driver.Object, error) {
			if !req.Range.IsWhole() {
				return nothing()
			}
			return driver.Object{}, files.ErrNotExist
		}),
	},
	{
		fault:  "returns an empty body for a missing file with Growing",
		caught: []string{"G1/every-way"},
		faulty: missed(func(req driver.OpenRequest) (driver.Object, error) {
			if req.Growing {
				return nothing()
			}
			return driver.Object{}, files.ErrNotExist
		}),
	},
	{
		fault:  "reports a part of a missing file as out of range",
		caught: []string{"G1/every-way"},
		faulty: missed(func(req driver.OpenRequest) (driver.Object, error) {
			if req.Range == files.Last(10) {
				return driver.Object{}, files.ErrInvalid
			}
			return driver.Object{}, files.ErrNotExist
		}),
	},
	{
		fault:  "reports a missing file as replaced if a part is read",
		caught: []string{"G1/every-way"},
		faulty: missed(func(req driver.OpenRequest) (driver.Object, error) {
			if !req.Range.IsWhole() {
				return driver.Object{}, files.ErrChanged
			}
			return driver.Object{}, files.ErrNotExist
		}),
	},
	{
		fault:  "reads a version that begins like the current one",
		caught: []string{"G8/near-version"},
		faulty: nearGet(beginsLike),
	},
	{
		fault:  "reads a version that is written as a weak one",
		caught: []string{"G8/near-version"},
		faulty: nearGet(func(is, given files.Version) bool {
			return strings.TrimPrefix(string(given), "W/") == string(is)
		}),
	},
	{
		fault:  "takes * for the caller's copy of any version",
		caught: []string{"G8/near-version"},
		faulty: nearGet(func(_, given files.Version) bool { return given == "*" }),
	},
	{
		fault:   "remembers a file that was copied over, moved or deleted in bulk",
		caught:  []string{"S1/after-each"},
		backend: newRecalling(true, false),
	},
	{
		fault:   "remembers a listing until a single Put or Delete",
		caught:  []string{"S1/after-each"},
		backend: newRecalling(false, true),
	},
	{
		fault:  "claims finer times than it returns",
		caught: []string{"V2/as-fine-as-told"},
		faulty: answers(limited(func(f *files.Features) { f.TimeResolution = time.Microsecond }),
			func(i *files.Info) { i.ModTime = i.ModTime.Truncate(time.Second) }),
	},
	{
		fault:  "claims ForeignKeys, and refuses to list raw keys",
		caught: []string{"L7/claimed"},
		wrap:   reporting(func(f *files.Features) { f.ForeignKeys = true }),
	},
}
