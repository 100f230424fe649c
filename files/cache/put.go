package cache

import (
	"context"

	"cloudfiles.dev/files"
)

// put stores a part of a download, unless there was a write meanwhile. The first part
// is stored together with the Info. A download that begins later in the file stores the
// Info as a separate entry, unless that exists.
func (s *state) put(f *flight, i int64, data []byte) bool {
	v := f.info.Version
	if i == 0 {
		return s.putHead(f, data)
	}
	if !s.current(f.epoch) || f.first > 0 && !s.putHead(f, nil) {
		return false
	}
	h := &header{
		Origin:  s.c.id,
		Name:    s.name,
		Version: v,
		Part:    i,
		Len:     int64(len(data)),
	}
	return s.c.shelf.put(f.from.ctx, s.c.partKey(s.name, v, i), h, data, f.mayEvict)
}

// putHead stores the Info, with the first part if data isn't nil. It doesn't replace a
// head that has the part by one without it.
func (s *state) putHead(f *flight, data []byte) bool {
	s.heads.Lock()
	defer s.heads.Unlock()
	if data == nil {
		if there, same := s.hasHead(f); there {
			return same
		}
	}
	s.mu.Lock()
	if s.epoch != f.epoch || s.writers > 0 || s.storing > 0 && s.c.isKept(s) {
		s.mu.Unlock()
		return false
	}
	s.storing++
	s.mu.Unlock()
	info := f.info
	info.Name = ""
	k := s.c.headKey(s.name)
	stored := false
	defer func() {
		s.mu.Lock()
		s.storing--
		current := s.epoch == f.epoch && s.writers == 0
		if stored && current {
			s.stored = f.info.Version
			s.c.keep(s, false)
			s.c.shelf.confirm(k, f.info.Version, f.from.at)
		}
		s.mu.Unlock()
		if !current && s.c.shelf.drop(context.WithoutCancel(f.from.ctx), k) {
			s.mu.Lock()
			if s.storing == 0 {
				s.c.keep(s, false)
			}
			s.mu.Unlock()
		}
	}()
	stored = s.c.shelf.put(f.from.ctx, k, &header{
		Origin:  s.c.id,
		Name:    s.name,
		Version: f.info.Version,
		Len:     int64(len(data)),
		Info:    &info,
	}, data, f.mayEvict)
	return stored
}

// hasHead reports whether the store has a head that must not be replaced by one without
// the first part, and whether that head is of the flight's version. A head that can't
// be read is kept.
func (s *state) hasHead(f *flight) (there, same bool) {
	s.mu.Lock()
	same = s.epoch == f.epoch && s.stored == f.info.Version
	s.mu.Unlock()
	if same {
		return true, true
	}
	k := s.c.headKey(s.name)
	e := s.c.shelf.open(f.from.ctx, k)
	if e == nil {
		return s.c.shelf.has(k), false
	}
	e.r.Close()
	same = e.Version == f.info.Version && !s.c.isKept(s)
	return same, same
}

// dropVersion removes the entries of a version whose content is damaged. Only the first
// n parts can have entries.
func (c *cache) dropVersion(ctx context.Context, name string, v files.Version, n int64) {
	c.shelf.drop(ctx, c.headKey(name))
	for i := int64(1); i < n; i++ {
		if k := c.partKey(name, v, i); c.shelf.has(k) {
			c.shelf.drop(ctx, k)
		}
	}
}
