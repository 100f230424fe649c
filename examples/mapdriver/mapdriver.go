// Package mapdriver is a complete driver of about 150 lines: all that the author of a
// driver must write, because package files/driver does the rest. Its test runs the whole
// conformance suite.
//
//	b := driver.New(mapdriver.New())
//
// [Handle] adds what a driver may have: several handles on one store, copies inside it,
// bulk deletes and a URL. Its test shows how the suite is given these.
//
// A real driver would not read a whole content into memory.
package mapdriver

import (
	"bytes"
	"context"
	"io"
	"iter"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Backend keeps files in a map. It is safe for concurrent use.
type Backend struct {
	mu    sync.Mutex
	files map[string]file
	names []string // sorted, so that a page of a listing costs its entries (L8)
	puts  int
	// staged counts the uploads in progress.
	staged atomic.Int64
}

type file struct {
	info    files.Info
	content []byte
}

// New returns an empty Backend, for driver.New.
func New() *Backend { return &Backend{files: map[string]file{}} }

func (m *Backend) Features() files.Features {
	return files.Features{
		TimeResolution:    time.Nanosecond,
		Atomic:            true,
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
		StatNoBucket:      true,
	}
}

func (m *Backend) Close() error { return nil }

func (m *Backend) Put(ctx context.Context, req *driver.PutRequest) (files.Info, error) {
	m.staged.Add(1)
	defer m.staged.Add(-1)
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
	return m.commit(req.Name, req.Attributes, req.Content.Digest(), content), nil
}

// commit stores the file with a new version. The caller holds mu.
func (m *Backend) commit(name string, a files.Attributes, d files.Digest,
	content []byte) files.Info {
	m.puts++
	info := files.Info{Attributes: a, Digest: d}
	info.Name, info.Size, info.Version = name, int64(len(content)),
		files.Version(strconv.Itoa(m.puts))
	info.ModTime = time.Now().UTC()
	m.files[name] = file{info, content}
	if i, ok := slices.BinarySearch(m.names, name); !ok {
		m.names = slices.Insert(m.names, i, name)
	}
	return info
}

func (m *Backend) Open(ctx context.Context, req driver.OpenRequest) (driver.Object, error) {
	m.mu.Lock()
	f, ok := m.files[req.Key.Name]
	m.mu.Unlock()
	switch {
	case !ok:
		return driver.Object{}, files.ErrNotExist
	case req.IfVersion != "" && req.IfVersion != f.info.Version:
		return driver.Object{}, files.ErrPrecondition
	case req.IfNotVersion != "" && req.IfNotVersion == f.info.Version:
		return driver.Object{}, files.ErrNotModified
	}
	off, n := req.Range.Resolve(f.info.Size)
	return driver.Object{
		Info:   f.info,
		Offset: off,
		Length: n,
		Body:   io.NopCloser(bytes.NewReader(f.content[off : off+n])),
	}, nil
}

func (m *Backend) Stat(ctx context.Context, key driver.Key) (files.Info, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f, ok := m.files[key.Name]
	if !ok {
		return files.Info{}, files.ErrNotExist
	}
	return f.info, nil
}

func (m *Backend) List(ctx context.Context, req driver.ListRequest) iter.Seq2[files.Entry, error] {
	return driver.ListSorted(req, func(start string) iter.Seq2[files.Entry, error] {
		return func(yield func(files.Entry, error) bool) {
			for {
				m.mu.Lock()
				i, _ := slices.BinarySearch(m.names, start)
				var e files.Entry
				if i < len(m.names) {
					e = m.files[m.names[i]].info.Entry
				}
				m.mu.Unlock()
				if e.Name == "" || !yield(e, nil) {
					return
				}
				start = e.Name + "\x00"
			}
		}
	})
}

func (m *Backend) Delete(ctx context.Context, key driver.Key, ifVersion files.Version) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	f, ok := m.files[key.Name]
	if ifVersion != "" && (!ok || f.info.Version != ifVersion) {
		return files.ErrPrecondition
	}
	delete(m.files, key.Name)
	if i, ok := slices.BinarySearch(m.names, key.Name); ok {
		m.names = slices.Delete(m.names, i, i+1)
	}
	return nil
}
