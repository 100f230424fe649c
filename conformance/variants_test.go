package conformance_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"runtime"
	"testing"
	"testing/iotest"
	"time"

	"cloudfiles.dev/conformance/rerun"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// bodied is a variant with other bodies.
func bodied(change func(io.Reader) io.Reader) faulty {
	return opened(func(_ driver.OpenRequest, o *driver.Object, _ *mapBackend) error {
		o.Body = io.NopCloser(change(o.Body))
		return nil
	})
}

// short reads a few bytes more each time, up to a page, and sometimes none.
func short(r io.Reader) io.Reader {
	n := 0
	return readFunc(func(p []byte) (int, error) {
		if n++; n%50 == 0 && len(p) > 0 {
			return 0, nil
		}
		return r.Read(p[:min(len(p), 1+n*37%4096)])
	})
}

// versioned is a variant with other versions, which are still one-to-one.
func versioned(of func(puts int64) files.Version) faulty {
	return faulty{
		put: func(ctx context.Context, req *driver.PutRequest, m *mapBackend) (files.Info, error) {
			content, err := io.ReadAll(req.Content)
			if err != nil {
				return files.Info{}, err
			}
			m.mu.Lock()
			defer m.mu.Unlock()
			old, exists := m.files[req.Name]
			if err := req.If.Check(exists, old.info.Version); err != nil {
				return files.Info{}, err
			}
			info := m.set(req.Name, req, content)
			f := m.files[req.Name]
			f.info.Version = of(m.puts)
			m.files[req.Name] = f
			info.Version = f.info.Version
			return info, nil
		},
	}
}

// What can go wrong with bodies that are read in another way, and with listings in
// another order.
const (
	ofContents = "^(V|P1|P2|P5|G|C1|X)"
	ofListings = "^(N|L|D|C|U|X)"
)

// variants differ from memory in what the contract leaves open. Every case must pass on
// them. Without the long tests only those of the pattern are run.
var variants = []struct {
	name    string
	pattern string
	faulty  faulty
}{
	{"short-reads", ofContents, bodied(short)},
	{"data-with-eof", ofContents, bodied(iotest.DataErrReader)},
	{"odd-versions", ofVersions, versioned(func(n int64) files.Version {
		return files.Version(fmt.Sprintf("W/!#$%%&()*+,-./:;<=>?@[\\]^_`{|}~%d", n*7919))
	})},
	{"versions-that-go-down", ofVersions, versioned(func(n int64) files.Version {
		return files.Version(fmt.Sprint(1_000_000 - n))
	})},
	{
		"one-request-more",
		ofContents,
		faulty{
			open: func(ctx context.Context, req driver.OpenRequest,
				m *mapBackend) (driver.Object, error) {
				if _, err := m.Stat(ctx, req.Key); err != nil {
					return driver.Object{}, err
				}
				return m.Open(ctx, req)
			},
		},
	},
	{"slow-and-changing-turns", "", faulty{
		open: func(ctx context.Context, req driver.OpenRequest,
			m *mapBackend) (driver.Object, error) {
			runtime.Gosched()
			return m.Open(ctx, req)
		},
		put: func(ctx context.Context, req *driver.PutRequest, m *mapBackend) (files.Info, error) {
			runtime.Gosched()
			info, err := m.Put(ctx, req)
			runtime.Gosched()
			return info, err
		},
		list: func(req driver.ListRequest, m *mapBackend) iter.Seq2[files.Entry, error] {
			return func(yield func(files.Entry, error) bool) {
				for e, err := range m.List(context.Background(), req) {
					if runtime.Gosched(); !yield(e, err) {
						return
					}
				}
			}
		}}},
	{
		"no-time-in-puts-answer",
		"",
		faulty{
			put: func(ctx context.Context, req *driver.PutRequest,
				m *mapBackend) (files.Info, error) {
				info, err := m.Put(ctx, req)
				info.ModTime = time.Time{}
				return info, err
			},
		},
	},
	{"no-version-in-puts-answer", "", faulty{
		features: func(f *files.Features) { f.PutReturnsVersion = false },
		put: func(ctx context.Context, req *driver.PutRequest, m *mapBackend) (files.Info, error) {
			info, err := m.Put(ctx, req)
			info.Version = ""
			return info, err
		}}},
	{"unordered", ofListings, faulty{
		features: func(f *files.Features) { f.Ordered = false },
		list: func(req driver.ListRequest, m *mapBackend) iter.Seq2[files.Entry, error] {
			return func(yield func(files.Entry, error) bool) {
				var later []files.Entry
				n := 0
				for e := range m.List(context.Background(), req) {
					if n++; n%2 == 1 {
						later = append(later, e)
					} else if !yield(e, nil) {
						return
					}
				}
				for _, e := range later {
					if !yield(e, nil) {
						return
					}
				}
			}
		}}},
}

// TestVariants: the suite accepts what the contract leaves open.
func TestVariants(t *testing.T) {
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			rerun.Part(t, broken{faulty: v.faulty}.harness(), v.pattern)
		})
	}
}
