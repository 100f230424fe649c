package conformance_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"testing/iotest"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// mapBackend is a driver over a map, on which the suite is tested.
type mapBackend struct {
	mu    sync.Mutex
	files map[string]mapFile
	names []string // sorted; some of them may be deleted
	puts  int64
	clock time.Time // of the last change

	left  atomic.Int64 // temporaries
	calls atomic.Int64 // of the backend that embeds it

	cut atomic.Int64 // bodies break after so many bytes, less one; 0 is never

	uploads mapUploads // of the backends that have them

	// The rest is for the broken buckets.
	loop    sync.Mutex
	closed  atomic.Bool
	before  map[string]mapFile // what the last Put replaced
	missing map[string]bool
	last    []byte
}

type mapFile struct {
	info    files.Info
	content []byte
	holes   *holes // instead of content, unless nil
}

func newMap() *mapBackend {
	return &mapBackend{
		files:   map[string]mapFile{},
		before:  map[string]mapFile{},
		missing: map[string]bool{},
	}
}

func (m *mapBackend) Features() files.Features {
	return files.Features{
		TimeResolution:    time.Millisecond,
		Atomic:            true,
		Durable:           true,
		Versions:          true,
		VersionPerPut:     true,
		PutReturnsVersion: true,
		IfAbsent:          true,
		IfVersion:         true,
		DeleteIfVersion:   true,
		ReadConditions:    true,
		OneVersionReads:   true,
		Attributes:        true,
		Digests:           true,
		Ordered:           true,
		AnyName:           true,
		DirBesideFile:     true,
	}
}

func (m *mapBackend) Close() error { return nil }

func (m *mapBackend) Put(ctx context.Context, req *driver.PutRequest) (files.Info, error) {
	content, err := io.ReadAll(req.Content)
	if err != nil {
		return files.Info{}, err
	}
	if m.closed.Load() {
		return files.Info{}, files.ErrClosed
	}
	m.loop.Lock()
	defer m.loop.Unlock()
	return m.store(req.Name, req, content)
}

// store puts the content if the condition holds.
func (m *mapBackend) store(name string, req *driver.PutRequest,
	content []byte) (files.Info, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	old, exists := m.files[name]
	if err := req.If.Check(exists, old.info.Version); err != nil {
		return files.Info{}, err
	}
	return m.set(name, req, content), nil
}

// set puts the content. The caller holds mu.
func (m *mapBackend) set(name string, req *driver.PutRequest, content []byte) files.Info {
	m.puts++
	info := files.Info{Attributes: req.Attributes}
	if req.Content != nil {
		info.Digest = req.Content.Digest()
	}
	info.Name, info.Size, info.ModTime = name, int64(len(content)), m.tick()
	info.Version = files.Version(fmt.Sprint("v", m.puts))
	if old, ok := m.files[name]; ok {
		m.before[name] = old
	}
	m.files[name] = mapFile{info: info, content: content}
	m.note(name)
	return info
}

// tick returns the time of a change, which is later than the one before. The caller
// holds mu.
func (m *mapBackend) tick() time.Time {
	now := time.Now().UTC().Truncate(time.Millisecond)
	if !now.After(m.clock) {
		now = m.clock.Add(time.Millisecond)
	}
	m.clock = now
	return now
}

// redigest computes the digest anew. The caller of redigestLocked holds mu.
func (m *mapBackend) redigest(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.redigestLocked(name)
}

func (m *mapBackend) redigestLocked(name string) {
	f := m.files[name]
	h := driver.NewHasher(files.Digest{})
	h.Write(f.content)
	f.info.Digest = h.Sum()
	m.files[name] = f
}

func (m *mapBackend) Open(ctx context.Context, req driver.OpenRequest) (driver.Object, error) {
	m.mu.Lock()
	f, ok := m.files[req.Key.Name]
	m.mu.Unlock()
	switch {
	case m.closed.Load():
		return driver.Object{}, files.ErrClosed
	case !ok:
		return driver.Object{}, files.ErrNotExist
	case req.IfVersion != "" && req.IfVersion != f.info.Version:
		return driver.Object{}, files.ErrPrecondition
	case req.IfNotVersion != "" && req.IfNotVersion == f.info.Version:
		return driver.Object{}, files.ErrNotModified
	}
	off, n := req.Range.Resolve(f.info.Size)
	var body io.Reader
	if f.holes != nil {
		body = io.NewSectionReader(f.holes, off, n)
	} else {
		body = bytes.NewReader(f.content[off : off+n])
	}
	body = breaking(body, &m.cut)
	return driver.Object{
		Info:   f.info,
		Offset: off,
		Length: n,
		Body:   io.NopCloser(body),
	}, nil
}

// breaking breaks after cut-1 bytes, or never if that is below 0.
func breaking(body io.Reader, cut *atomic.Int64) io.Reader {
	c := cut.Load()
	if c <= 0 {
		return body
	}
	return io.MultiReader(io.LimitReader(body, c-1),
		iotest.ErrReader(driver.Errorf(files.ErrUnavailable, "the connection broke")))
}

func (m *mapBackend) Stat(ctx context.Context, key driver.Key) (files.Info, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f, ok := m.files[key.Name]
	if !ok {
		return files.Info{}, files.ErrNotExist
	}
	return f.info, nil
}

func (m *mapBackend) List(ctx context.Context,
	req driver.ListRequest) iter.Seq2[files.Entry, error] {
	return driver.ListSorted(req, func(start string) iter.Seq2[files.Entry, error] {
		return func(yield func(files.Entry, error) bool) {
			for {
				m.mu.Lock()
				e, ok := m.next(start)
				m.mu.Unlock()
				if !ok || !yield(e, nil) {
					return
				}
				start = e.Name + e.Key + "\x00"
			}
		}
	})
}

// next finds the first file from start on. The caller holds mu.
func (m *mapBackend) next(start string) (files.Entry, bool) {
	i, _ := slices.BinarySearch(m.names, start)
	for _, name := range m.names[i:] {
		if f, ok := m.files[name]; ok {
			e := f.info.Entry
			if files.CheckName(name) != nil { // an object of others (L7)
				e.Name, e.Key = "", name
			}
			return e, true
		}
	}
	return files.Entry{}, false
}

// note inserts a name in order. The caller holds mu.
func (m *mapBackend) note(name string) {
	if i, ok := slices.BinarySearch(m.names, name); !ok {
		m.names = slices.Insert(m.names, i, name)
	}
}

func (m *mapBackend) Delete(ctx context.Context, key driver.Key, ifVersion files.Version) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	f, ok := m.files[key.Name]
	if ifVersion != "" && (!ok || f.info.Version != ifVersion) {
		return files.ErrPrecondition
	}
	delete(m.files, key.Name)
	return nil
}

// damage changes a stored byte.
func (m *mapBackend) damage(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.files[name]
	f.content = bytes.Clone(f.content)
	f.content[len(f.content)/2] ^= 1
	m.files[name] = f
}

// plant puts an empty object of others.
func (m *mapBackend) plant(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.files[name] = mapFile{info: files.Info{Entry: files.Entry{Name: name}}}
	m.note(name)
}
