package conformance_test

import (
	"cmp"
	"context"
	"iter"
	"net/http"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// faulty is the map with some of its methods replaced; next is the sound one.
type faulty struct {
	*mapBackend
	put      func(ctx context.Context, req *driver.PutRequest, m *mapBackend) (files.Info, error)
	open     func(ctx context.Context, req driver.OpenRequest, m *mapBackend) (driver.Object, error)
	stat     func(key driver.Key, m *mapBackend) (files.Info, error)
	list     func(req driver.ListRequest, m *mapBackend) iter.Seq2[files.Entry, error]
	del      func(key driver.Key, v files.Version, m *mapBackend) error
	cp       func(ctx context.Context, req *driver.CopyRequest, m *mapBackend) (files.Info, error)
	features func(f *files.Features)
	shut     func(m *mapBackend)
	// native accepts any option of any service.
	native bool
	// rawKeys claims ForeignKeys.
	rawKeys bool
}

func (f *faulty) Put(ctx context.Context, req *driver.PutRequest) (files.Info, error) {
	f.calls.Add(1)
	if f.put != nil {
		return f.put(ctx, req, f.mapBackend)
	}
	return f.mapBackend.Put(ctx, req)
}

func (f *faulty) Open(ctx context.Context, req driver.OpenRequest) (driver.Object, error) {
	f.calls.Add(1)
	if f.open != nil {
		return f.open(ctx, req, f.mapBackend)
	}
	return f.mapBackend.Open(ctx, req)
}

func (f *faulty) Stat(ctx context.Context, key driver.Key) (files.Info, error) {
	f.calls.Add(1)
	if f.stat != nil {
		return f.stat(key, f.mapBackend)
	}
	return f.mapBackend.Stat(ctx, key)
}

func (f *faulty) List(ctx context.Context, req driver.ListRequest) iter.Seq2[files.Entry, error] {
	f.calls.Add(1)
	if f.list != nil {
		return f.list(req, f.mapBackend)
	}
	return f.mapBackend.List(ctx, req)
}

func (f *faulty) Delete(ctx context.Context, key driver.Key, v files.Version) error {
	f.calls.Add(1)
	if f.del != nil {
		return f.del(key, v, f.mapBackend)
	}
	return f.mapBackend.Delete(ctx, key, v)
}

func (f *faulty) Copy(ctx context.Context, from driver.Backend,
	req *driver.CopyRequest) (files.Info, error) {
	f.calls.Add(1)
	if src, ok := from.(*faulty); f.cp == nil || !ok || src.mapBackend != f.mapBackend {
		return files.Info{}, files.ErrUnsupported
	}
	return f.cp(ctx, req, f.mapBackend)
}

func (f *faulty) CheckNative(_ files.Op, o files.NativeOption) error {
	if f.native {
		return nil
	}
	return driver.UnknownNative(o)
}

func (f *faulty) Features() files.Features {
	t := f.mapBackend.Features()
	t.ServerCopy, t.ForeignKeys = f.cp != nil, f.rawKeys
	if f.features != nil {
		f.features(&t)
	}
	return t
}

func (f *faulty) Close() error {
	if f.shut != nil {
		f.shut(f.mapBackend)
	}
	return nil
}

// broken is a bucket with one fault that a real one has had, and the cases that must
// catch it.
type broken struct {
	fault  string
	caught []string
	faulty faulty
	hangs  bool // and is caught by the time limit only
	// backend adds abilities to the driver; nil adds none.
	backend func(f *faulty) driver.Backend
	// wrap breaks a sound bucket from outside, if the fault is above the driver.
	wrap func(files.Bucket) files.Bucket
	// unread lists a store with a directory that can't be read; nil lists it correctly.
	unread func(req driver.ListRequest, m *mapBackend, dir string) iter.Seq2[files.Entry, error]
	// root breaks the bucket of a root in the store's root; nil leaves it sound.
	root func(files.Bucket) files.Bucket
	// links: a link in the store is taken for a file.
	links bool
	// rawKeys: others have put objects with raw keys.
	rawKeys bool
	// serve changes a signed request, if the fault is that of the server that serves
	// it.
	serve func(r *http.Request, sign func(method, name string) string)
}

func (b broken) harness() conformance.Harness {
	open := func(m *mapBackend) files.Bucket {
		f := b.faulty
		f.mapBackend = m
		f.rawKeys = b.rawKeys
		var back driver.Backend = &f
		if b.backend != nil {
			back = b.backend(&f)
		}
		sound := driver.New(back)
		if b.serve != nil {
			sound = &signs{sound}
		}
		if b.wrap == nil {
			return sound
		}
		return b.wrap(sound)
	}
	stores := newBuckets[*mapBackend]()
	limit := 3 * time.Minute
	if b.hangs {
		limit = 2 * time.Second
	}
	h := conformance.Harness{
		New: func(t conformance.T) files.Bucket {
			m := newMap()
			return stores.add(t, open(m), m)
		},
		Second: func(t conformance.T, b files.Bucket) files.Bucket {
			m := stores.of(b)
			return stores.add(t, open(m), m)
		},
		Damage: func(_ conformance.T, b files.Bucket, name string) { stores.of(b).damage(name) },
		Append: func(_ conformance.T, b files.Bucket, name string, content []byte) {
			stores.of(b).grow(name, content)
		},
		Unreadable: func(_ conformance.T, bucket files.Bucket, dir string) files.Bucket {
			return driver.New(&partly{stores.of(bucket), dir, b.unread})
		},
		Root: func(t conformance.T, bucket files.Bucket, dir string) files.Bucket {
			inner, err := files.Sub(open(stores.of(bucket)), dir)
			if err != nil {
				t.Fatalf("files.Sub of %q: %v", dir, err)
			}
			if b.root != nil {
				inner = b.root(inner)
			}
			return inner
		},
		Extend: func(_ conformance.T, b files.Bucket, name string, size int64) {
			stores.of(b).extend(name, size)
		},
		Cut: func(_ conformance.T, b files.Bucket, n int64) { stores.of(b).cut.Store(n + 1) },
		Leftovers: func(_ conformance.T, b files.Bucket) int {
			return int(stores.of(b).left.Load())
		},
		Requests: func(_ conformance.T, b files.Bucket) int64 {
			return stores.of(b).calls.Load()
		},
		Link: func(_ conformance.T, bucket files.Bucket, name string) {
			if b.links {
				stores.of(bucket).plant(name)
			}
		},
		Limit: limit,
	}
	if b.serve != nil {
		h.Send = sendTo(b.serve)
	}
	if b.rawKeys {
		h.ForeignKeys = mapForeignKeys
		h.Foreign = func(_ conformance.T, b files.Bucket, key, content string) {
			stores.of(b).plantContent(key, content)
		}
	}
	return h
}

// TestBroken: cases can fail: each fault is caught by every case that it
// names.
func TestBroken(t *testing.T) {
	all := map[string]conformance.Case{}
	for _, c := range conformance.Cases() {
		if _, twice := all[c.ID()]; twice {
			t.Errorf("two cases are named %s", c.ID())
		}
		all[c.ID()] = c
	}
	for i, b := range allBroken() {
		if len(b.caught) == 0 {
			t.Errorf("%s: no case is named", b.fault)
		}
		if raced { // any part of this shows races in the suite
			if i%5 != 0 {
				continue
			}
			b.caught = b.caught[:1]
		}
		t.Run(b.fault, func(t *testing.T) {
			t.Parallel()
			for _, id := range b.caught {
				c, ok := all[id]
				if !ok {
					t.Errorf("there is no case %s", id)
					continue
				}
				r := conformance.RunCase(t.Context(), b.harness(), c)
				if r.Outcome != conformance.Failed {
					t.Errorf("%s does not find the fault: it is %s, %s", id, r.Outcome,
						cmp.Or(r.Reason, "without a failure"))
					continue
				}
				if strings.Contains(r.Text(), "did not end within") != b.hangs {
					t.Errorf("%s: caught by the time limit is not as expected: %s", id, r.Text())
				}
				if text := r.Text(); !strings.Contains(text,
					c.Why) || !strings.Contains(text, "rule "+c.Rule) || len(text) > 20_000 {
					t.Errorf("%s: a failure must name the rule and say why it matters, "+
						"shortly:\n%s", id, text)
				}
			}
		})
	}
}

// TestSound: the cases named above pass if nothing is broken, so that they do
// catch the fault.
func TestSound(t *testing.T) {
	conformance.Run(t, broken{faulty: faulty{cp: soundCopy}}.harness())
}

// around is a fault above the driver.
func around(f func(ctx context.Context, c *files.Call,
	next func(context.Context) error) error) func(files.Bucket) files.Bucket {
	return func(b files.Bucket) files.Bucket {
		return files.Wrap(b, files.Hooks{CloseInner: true, Around: f})
	}
}
