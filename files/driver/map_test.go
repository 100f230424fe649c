package driver_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"sync"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// mapBackend is the smallest backend: a map. It shows what a driver author writes.
type mapBackend struct {
	mu    sync.Mutex
	files map[string]mapFile
	puts  int
}

type mapFile struct {
	info    files.Info
	content []byte
}

func newMap() *mapBackend { return &mapBackend{files: map[string]mapFile{}} }

func (m *mapBackend) Features() files.Features {
	return files.Features{Atomic: true, Versions: true, VersionPerPut: true, PutVersion: true, IfAbsent: true, IfVersion: true, DeleteIfVersion: true,
		ReadConditions: true, OneVersionReads: true, Attributes: true, Digests: true, Ordered: true, DirBesideFile: true}
}

func (m *mapBackend) Close() error { return nil }

func (m *mapBackend) Put(ctx context.Context, req *driver.PutRequest) (files.Info, error) {
	content, err := io.ReadAll(req.Content)
	if err != nil {
		return files.Info{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	old, exists := m.files[req.Name]
	if err := files.CheckCondition(req.If, exists, old.info.Version); err != nil {
		return files.Info{}, err
	}
	m.puts++
	info := files.Info{Attributes: req.Attributes, Digest: req.Content.Digest()}
	info.Name, info.Size, info.Version = req.Name, int64(len(content)), files.Version(strconv.Itoa(m.puts))
	m.files[req.Name] = mapFile{info, content}
	return info, nil
}

func (m *mapBackend) Open(ctx context.Context, req driver.OpenRequest) (driver.Object, error) {
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
	return driver.Object{Info: f.info, Offset: off, Length: n, Body: io.NopCloser(bytes.NewReader(f.content[off : off+n]))}, nil
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

func (m *mapBackend) List(ctx context.Context, req driver.ListRequest) iter.Seq2[files.Entry, error] {
	return driver.Scan(req, func(start string) iter.Seq2[files.Entry, error] {
		m.mu.Lock()
		var found []files.Entry
		for name, f := range m.files {
			if name >= start {
				found = append(found, f.info.Entry)
			}
		}
		m.mu.Unlock()
		slices.SortFunc(found, func(a, b files.Entry) int { return bytes.Compare([]byte(a.Name), []byte(b.Name)) })
		return func(yield func(files.Entry, error) bool) {
			for _, e := range found {
				if !yield(e, nil) {
					return
				}
			}
		}
	})
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

func Example() {
	b := driver.New(newMap())
	defer b.Close()
	ctx := context.Background()
	for _, name := range []string{"notes/day14.txt", "hello.txt", "notes/old/day1.txt"} {
		if _, err := b.Put(ctx, name, bytes.NewReader([]byte("hi")), nil); err != nil {
			fmt.Println(err)
		}
	}
	for e, err := range b.List(ctx, "notes", &files.ListOptions{Shallow: true}) {
		fmt.Println(e.Name, e.Size, err)
	}
	_, err := b.Get(ctx, "missing.txt", nil)
	fmt.Println(err)
	// Output:
	// notes/day14.txt 2 <nil>
	// notes/old/ 0 <nil>
	// files: get missing.txt: file does not exist
}
