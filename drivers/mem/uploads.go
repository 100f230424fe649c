package mem

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// uploads are a backend's unfinished uploads in parts. They last as long as the
// backend, within the process.
type uploads struct {
	mu   sync.Mutex
	next int
	all  map[string]*upload // by ID
}

// upload is one unfinished upload.
type upload struct {
	name    string
	touched time.Time
	parts   map[int]part
}

// part is a part that was sent. Its content never changes.
type part struct {
	data   []byte
	crc32c uint32
}

func (p part) tag() string { return fmt.Sprintf("%d-%08x", len(p.data), p.crc32c) }

var _ driver.PartUploader = (*backend)(nil)

// UploadLimits implements driver.PartUploader.
func (s *backend) UploadLimits() driver.UploadLimits {
	return driver.UploadLimits{MinPart: 1, MaxPart: math.MaxInt64, MaxParts: 10_000}
}

// UploadStore implements driver.PartUploader. It contains a key of this process, since
// no other process has the backend.
func (s *backend) UploadStore() string { return fmt.Sprintf("mem %x %p", keys[0], s) }

// BeginUpload implements driver.PartUploader.
func (s *backend) BeginUpload(_ context.Context, u *driver.Upload) (string, error) {
	s.uploads.mu.Lock()
	defer s.uploads.mu.Unlock()
	if s.uploads.all == nil {
		s.uploads.all = map[string]*upload{}
	}
	s.uploads.next++
	id := fmt.Sprintf("%d-%x", s.uploads.next, keys[1])
	s.uploads.all[id] = &upload{strings.Clone(u.Name), s.now(), map[int]part{}}
	return id, nil
}

// now returns the clock's time. It holds commit, so that the clock isn't called
// concurrently.
func (s *backend) now() time.Time {
	s.commit.Lock()
	defer s.commit.Unlock()
	return s.clock()
}

// find returns an upload; the caller holds its lock.
func (u *uploads) find(name, id string) *upload {
	if p := u.all[id]; p != nil && p.name == name {
		return p
	}
	return nil
}

// PutPart implements driver.PartUploader.
func (s *backend) PutPart(_ context.Context, u *driver.Upload, p *driver.Part) (string, error) {
	data := make([]byte, p.Size)
	if _, err := io.ReadFull(p.Reader(), data); err != nil {
		return "", err
	}
	now := s.now()
	s.uploads.mu.Lock()
	defer s.uploads.mu.Unlock()
	up := s.uploads.find(u.Name, u.ID)
	if up == nil {
		return "", driver.ErrUploadGone
	}
	up.touched = now
	up.parts[p.Number] = part{data, p.CRC32C}
	return up.parts[p.Number].tag(), nil
}

// ListParts implements driver.PartUploader.
func (s *backend) ListParts(_ context.Context, u *driver.Upload) ([]driver.UploadedPart, error) {
	s.uploads.mu.Lock()
	defer s.uploads.mu.Unlock()
	up := s.uploads.find(u.Name, u.ID)
	if up == nil {
		return nil, driver.ErrUploadGone
	}
	var list []driver.UploadedPart
	for _, n := range slices.Sorted(maps.Keys(up.parts)) {
		p := up.parts[n]
		list = append(list, driver.UploadedPart{
			Number: n,
			Size:   int64(len(p.data)),
			CRC32C: p.crc32c,
			Tag:    p.tag(),
		})
	}
	return list, nil
}

// CompleteUpload implements driver.PartUploader. It is a Put of the parts.
func (s *backend) CompleteUpload(ctx context.Context, u *driver.Upload,
	list []driver.UploadedPart) (files.Info, error) {
	s.uploads.mu.Lock()
	up := s.uploads.find(u.Name, u.ID)
	var data []byte
	gone := up == nil
	for _, l := range list {
		if gone {
			break
		}
		p, ok := up.parts[l.Number]
		gone = !ok || p.tag() != l.Tag
		data = append(data, p.data...)
	}
	s.uploads.mu.Unlock()
	if gone {
		return files.Info{}, driver.ErrUploadGone
	}
	info, err := s.putContent(ctx, u.PutRequest(ctx, bytes.NewReader(data)), u.ID)
	if err == nil {
		err = s.AbortUpload(ctx, u.Name, u.ID)
	}
	return info, err
}

// FindUpload implements driver.PartUploader.
func (s *backend) FindUpload(_ context.Context, u *driver.Upload) (files.Info, bool, error) {
	f, ok := s.get(u.Name)
	if !ok || f.more == nil || f.more.upload != u.ID {
		return files.Info{}, false, nil
	}
	return s.fidelity.putInfo(f, u.Name), true, nil
}

// AbortUpload implements driver.PartUploader.
func (s *backend) AbortUpload(_ context.Context, name, id string) error {
	s.uploads.mu.Lock()
	defer s.uploads.mu.Unlock()
	if s.uploads.find(name, id) != nil {
		delete(s.uploads.all, id)
	}
	return nil
}

// ListUploads implements driver.PartUploader.
func (s *backend) ListUploads(_ context.Context,
	prefix string) iter.Seq2[driver.UnfinishedUpload, error] {
	s.uploads.mu.Lock()
	defer s.uploads.mu.Unlock()
	var list []driver.UnfinishedUpload
	for id, up := range s.uploads.all {
		if !strings.HasPrefix(up.name, prefix) {
			continue
		}
		size := int64(0)
		for _, p := range up.parts {
			size += int64(len(p.data))
		}
		list = append(list, driver.UnfinishedUpload{
			Name: up.name,
			ID:   id,
			Time: up.touched.Round(0), // without the monotonic clock
			Size: size,
		})
	}
	return func(yield func(driver.UnfinishedUpload, error) bool) {
		for _, u := range list {
			if !yield(u, nil) {
				return
			}
		}
	}
}
