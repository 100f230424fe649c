package conformance_test

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/conformance/rerun"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// limited is a variant with other limits, to which driver.New keeps.
func limited(change func(*files.Features)) faulty { return faulty{features: change} }

// pageOf lists by requests that each return a few entries, like a service with pages of
// that size.
func pageOf(size int) func(driver.ListRequest, *mapBackend) iter.Seq2[files.Entry, error] {
	return func(req driver.ListRequest, m *mapBackend) iter.Seq2[files.Entry, error] {
		return func(yield func(files.Entry, error) bool) {
			for req.PageSize = size; ; {
				n := 0
				for e, err := range m.List(context.Background(), req) {
					if !yield(e, err) {
						return
					}
					req.StartAfter = e.Name
					if n++; n == size {
						break
					}
				}
				if n < size {
					return
				}
			}
		}
	}
}

// answers is a variant that changes each Info that is returned.
func answers(f faulty, change func(*files.Info)) faulty {
	entry := func(e *files.Entry) {
		i := files.Info{Entry: *e}
		change(&i)
		*e = i.Entry
	}
	f.stat = func(k driver.Key, m *mapBackend) (files.Info, error) {
		info, err := m.Stat(context.Background(), k)
		change(&info)
		return info, err
	}
	f.open = func(ctx context.Context, req driver.OpenRequest,
		m *mapBackend) (driver.Object, error) {
		o, err := m.Open(ctx, req)
		change(&o.Info)
		return o, err
	}
	f.put = func(ctx context.Context, req *driver.PutRequest,
		m *mapBackend) (files.Info, error) {
		info, err := m.Put(ctx, req)
		change(&info)
		return info, err
	}
	f.list = func(req driver.ListRequest, m *mapBackend) iter.Seq2[files.Entry, error] {
		return func(yield func(files.Entry, error) bool) {
			for e, err := range m.List(context.Background(), req) {
				entry(&e)
				if !yield(e, err) {
					return
				}
			}
		}
	}
	return f
}

// versionless is a variant whose files have no version.
func versionless(f faulty) faulty {
	return answers(f, func(i *files.Info) { i.Version = "" })
}

// timed is a variant whose times are less precise everywhere.
func timed(res time.Duration) faulty {
	return answers(limited(func(f *files.Features) { f.TimeResolution = res }),
		func(i *files.Info) { i.ModTime = i.ModTime.Truncate(res) })
}

// What can go wrong with names of another length, and with versions of another form.
const (
	ofNames    = rerun.Names
	ofVersions = "^(V|P3|P9|G8|G10|D2|C1|L5|X3)"
)

// honest are odd buckets that keep the contract: every case must pass on them. Without
// the long tests only those of the pattern are run.
var honest = []struct {
	name    string
	pattern string
	faulty  faulty
}{
	{"names-of-300-bytes", ofNames, limited(func(f *files.Features) { f.MaxName = 300 })},
	{"names-of-255-bytes", ofNames, limited(func(f *files.Features) { f.MaxName = 255 })},
	{"names-of-100-bytes", ofNames, limited(func(f *files.Features) { f.MaxName = 100 })},
	{"names-of-401-bytes", ofNames, limited(func(f *files.Features) { f.MaxName = 401 })},
	{"files-of-512-kib", "", limited(func(f *files.Features) { f.MaxSize = 512 << 10 })},
	{"streams-of-1-mib", "", limited(func(f *files.Features) {
		f.MaxUnknownSize, f.MaxSize = 1<<20, 8<<20
	})},
	{"times-of-2-s", "", timed(2 * time.Second)},
	{"times-of-1-h", "", timed(time.Hour)},
	{"pages-of-one", "", faulty{list: pageOf(1)}},
	{"no-abilities", "", versionless(limited(func(f *files.Features) {
		*f = files.Features{TimeResolution: time.Millisecond}
	}))},
	{"nothing-but-versions", "", limited(func(f *files.Features) {
		*f = files.Features{TimeResolution: time.Millisecond, Versions: true}
	})},
	{"long-versions", ofVersions, versioned(func(n int64) files.Version {
		return files.Version(fmt.Sprintf("%s-%d", strings.Repeat("v", 1000), n))
	})},
	{"versions-that-end-alike", ofVersions, versioned(func(n int64) files.Version {
		return files.Version(fmt.Sprintf("%020d-%s", n, strings.Repeat("0", 200)))
	})},
	{"versions-that-begin-alike", ofVersions, versioned(func(n int64) files.Version {
		return files.Version(strings.Repeat("1", int(n%900)+1) + fmt.Sprintf(".%d", n))
	})},
}

// TestHonest: the suite raises no false alarm for what is odd and allowed.
func TestHonest(t *testing.T) {
	for _, v := range honest {
		t.Run(v.name, func(t *testing.T) {
			rerun.Part(t, broken{faulty: v.faulty}.harness(), v.pattern)
		})
	}
	t.Run("name-limit-not-told", func(t *testing.T) {
		silent := reporting(func(f *files.Features) { f.MaxName = 0 })
		rerun.Part(t, broken{wrap: silent}.harness(), "^(N|L|D|C)")
	})
}
