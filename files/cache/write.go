package cache

import "context"

// write carries out a write. Whatever its result, nothing that was read before its end
// is stored or returned after it: the write may have succeeded even if its response was
// lost.
func (c *cache) write(ctx context.Context, names []string, next func(context.Context) error) error {
	states := make([]*state, 0, len(names))
	seen := make(map[string]bool, len(names))
	defer func() { // runs also after a panic
		for _, s := range states {
			s.written()
			c.release(s)
		}
	}()
	for _, name := range names {
		if seen[name] || name == "" {
			continue
		}
		seen[name] = true
		s := c.state(name)
		states = append(states, s)
		s.writing(ctx)
	}
	return next(ctx)
}

// writing begins a write: the name's head is removed from the store, and nothing is
// stored until the write ends.
func (s *state) writing(ctx context.Context) {
	s.mu.Lock()
	s.writers++
	s.outdated()
	spoiled := s.storing > 0
	s.mu.Unlock()
	k := s.c.headKey(s.name)
	s.c.shelf.distrust(k)
	// If each Put makes a new version, a stored head is compared with it later. If not,
	// the attributes may change while the version stays, so the head must be removed
	// first.
	if !s.c.origin.Features().VersionPerPut || s.c.shelf.has(k) {
		spoiled = !s.c.shelf.drop(ctx, k) || spoiled
	}
	if spoiled {
		s.c.keep(s, true)
	}
}

func (s *state) written() {
	s.mu.Lock()
	s.writers--
	s.outdated()
	s.mu.Unlock()
}

// outdated begins a new epoch: results of earlier reads are no longer used. The caller
// holds mu.
func (s *state) outdated() {
	s.epoch++
	s.stored = ""
	s.last = result{}
}
