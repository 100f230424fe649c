package conformance_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// mapUploads are the unfinished uploads in parts of a map, which all of its handles
// share.
type mapUploads struct {
	mu   sync.Mutex
	last int
	all  map[string]*mapUpload // by ID
	made map[string]string     // the ID of the upload that made the name's file, and its version
}

type mapUpload struct {
	name  string
	parts map[int]mapPart
	order []int // in which they came
	began files.Version
	there bool // there was a file when it began
}

type mapPart struct {
	content []byte
	crc32c  uint32
}

func (p mapPart) tag() string { return fmt.Sprintf("%d.%08x", len(p.content), p.crc32c) }

// withUploads is a map with uploads in parts, one step of which may be broken.
type withUploads struct {
	*faulty
	own   *mapUploads
	fault uploadFault
}

// uploadFault breaks steps of an upload; its zero value breaks none.
type uploadFault struct {
	begin    func(w *withUploads, u *driver.Upload)
	list     func(parts []driver.UploadedPart) []driver.UploadedPart
	put      func(w *withUploads, up *mapUpload, part *driver.Part, content []byte)
	join     func(up *mapUpload, parts []driver.UploadedPart) (content []byte, err error)
	request  func(w *withUploads, up *mapUpload, req *driver.PutRequest)
	complete func(w *withUploads, u *driver.Upload)
	find     func(w *withUploads, u *driver.Upload, found bool) bool
	abort    func(w *withUploads, name, id string) (done bool, err error)
	listed   func(u driver.UnfinishedUpload) (driver.UnfinishedUpload, bool)
	idOf     func(name string) string
	store    func(w *withUploads) string
	apart    bool // each handle has its own uploads
}

func withParts(f uploadFault) func(*faulty) driver.Backend {
	return func(b *faulty) driver.Backend {
		w := &withUploads{faulty: b, own: &b.uploads, fault: f}
		if f.apart {
			w.own = &mapUploads{}
		}
		return w
	}
}

func (w *withUploads) UploadLimits() driver.UploadLimits {
	return driver.UploadLimits{MinPart: 1, MaxPart: 1 << 40, MaxParts: 10_000}
}

func (w *withUploads) UploadStore() string {
	if w.fault.store != nil {
		return w.fault.store(w)
	}
	return fmt.Sprintf("map %p", w.mapBackend)
}

func (w *withUploads) BeginUpload(_ context.Context, u *driver.Upload) (string, error) {
	w.own.mu.Lock()
	defer w.own.mu.Unlock()
	if w.own.all == nil {
		w.own.all, w.own.made = map[string]*mapUpload{}, map[string]string{}
	}
	w.own.last++
	id := fmt.Sprint("upload-", w.own.last)
	if w.fault.idOf != nil {
		id = w.fault.idOf(u.Name)
	}
	w.mapBackend.mu.Lock()
	old, there := w.files[u.Name]
	w.mapBackend.mu.Unlock()
	if w.own.all[id] == nil {
		w.own.all[id] = &mapUpload{
			name:  u.Name,
			parts: map[int]mapPart{},
			began: old.info.Version,
			there: there,
		}
	}
	if w.fault.begin != nil {
		w.fault.begin(w, u)
	}
	return id, nil
}

// of returns an upload. The caller holds the lock.
func (m *mapUploads) of(name, id string) (*mapUpload, error) {
	if up := m.all[id]; up != nil && up.name == name {
		return up, nil
	}
	return nil, driver.ErrUploadGone
}

func (w *withUploads) PutPart(_ context.Context, u *driver.Upload,
	p *driver.Part) (string, error) {
	content, err := io.ReadAll(p.Reader())
	if err != nil {
		return "", err
	}
	w.own.mu.Lock()
	defer w.own.mu.Unlock()
	up, err := w.own.of(u.Name, u.ID)
	if err != nil {
		return "", err
	}
	part := mapPart{content, p.CRC32C}
	if w.fault.put != nil {
		w.fault.put(w, up, p, content)
	} else {
		up.parts[p.Number] = part
	}
	up.order = append(up.order, p.Number)
	return part.tag(), nil
}

func (w *withUploads) ListParts(_ context.Context,
	u *driver.Upload) (list []driver.UploadedPart, err error) {
	w.own.mu.Lock()
	defer w.own.mu.Unlock()
	up, err := w.own.of(u.Name, u.ID)
	if err != nil {
		return nil, err
	}
	for _, n := range slices.Sorted(maps.Keys(up.parts)) {
		p := up.parts[n]
		list = append(list, driver.UploadedPart{
			Number: n,
			Size:   int64(len(p.content)),
			CRC32C: p.crc32c,
			Tag:    p.tag(),
		})
	}
	if w.fault.list != nil {
		list = w.fault.list(list)
	}
	return list, nil
}

func joinParts(up *mapUpload, parts []driver.UploadedPart) (content []byte, err error) {
	for _, p := range parts {
		there, ok := up.parts[p.Number]
		if !ok || there.tag() != p.Tag {
			return nil, driver.ErrUploadGone
		}
		content = append(content, there.content...)
	}
	return content, nil
}

func (w *withUploads) CompleteUpload(ctx context.Context, u *driver.Upload,
	parts []driver.UploadedPart) (files.Info, error) {
	w.own.mu.Lock()
	defer w.own.mu.Unlock()
	up, err := w.own.of(u.Name, u.ID)
	if err != nil {
		return files.Info{}, err
	}
	join := joinParts
	if w.fault.join != nil {
		join = w.fault.join
	}
	content, err := join(up, parts)
	if w.fault.complete != nil {
		w.fault.complete(w, u)
	}
	if err != nil {
		return files.Info{}, err
	}
	req := u.PutRequest(ctx, bytes.NewReader(content))
	if w.fault.request != nil {
		w.fault.request(w, up, req)
	}
	info, err := w.mapBackend.store(u.Name, req, content)
	if err == nil {
		info.Digest = u.Digest
		w.mapBackend.mu.Lock()
		f := w.files[u.Name]
		f.info.Digest = u.Digest
		w.files[u.Name] = f
		w.mapBackend.mu.Unlock()
		w.own.made[u.Name] = u.ID + " " + string(info.Version)
		delete(w.own.all, u.ID)
	}
	return info, err
}

func (w *withUploads) FindUpload(ctx context.Context,
	u *driver.Upload) (info files.Info, found bool, err error) {
	w.own.mu.Lock()
	defer w.own.mu.Unlock()
	if info, err = w.mapBackend.Stat(ctx, driver.Key{Name: u.Name}); err == nil {
		found = w.own.made[u.Name] == u.ID+" "+string(info.Version)
		if w.fault.find != nil {
			found = w.fault.find(w, u, found)
		}
	}
	return info, found, nil
}

func (w *withUploads) AbortUpload(_ context.Context, name, id string) error {
	w.own.mu.Lock()
	defer w.own.mu.Unlock()
	if w.fault.abort != nil {
		if done, err := w.fault.abort(w, name, id); done {
			return err
		}
	}
	if _, err := w.own.of(name, id); err == nil {
		delete(w.own.all, id)
	}
	return nil
}

func (w *withUploads) ListUploads(_ context.Context,
	prefix string) iter.Seq2[driver.UnfinishedUpload, error] {
	w.own.mu.Lock()
	defer w.own.mu.Unlock()
	var list []driver.UnfinishedUpload
	for id, up := range w.own.all {
		u := driver.UnfinishedUpload{Name: up.name, ID: id, Size: -1}
		ok := true
		if w.fault.listed != nil {
			u, ok = w.fault.listed(u)
		}
		if ok && strings.HasPrefix(up.name, prefix) {
			list = append(list, u)
		}
	}
	return func(yield func(driver.UnfinishedUpload, error) bool) {
		for _, u := range list {
			if !yield(u, nil) {
				return
			}
		}
	}
}
