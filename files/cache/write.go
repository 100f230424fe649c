package cache

import "context"

// write carries out a write. Whatever becomes of it, nothing that was read before it
// ends is stored or served after it: the write may have been done even if its answer
// was lost.
func (c *cache) write(ctx context.Context, names []string, next func(context.Context) error) error {
	states := make([]*state, 0, len(names))
	seen := make(map[string]bool, len(names))
	defer func() { // whatever ends the call
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

// writing begins a write: what the store has of the name is removed, and nothing is
// stored until its end.
func (s *state) writing(ctx context.Context) {
	s.mu.Lock()
	s.writers++
	s.outdated()
	spoiled := s.storing > 0
	s.mu.Unlock()
	k := s.c.headKey(s.name)
	s.c.shelf.distrust(k)
	// If each Put makes a new version, what the store has is compared with it. If not,
	// the attributes may change while the version stays, so it must go before.
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

// outdated ends the use of all that was read before. The caller holds mu.
func (s *state) outdated() {
	s.epoch++
	s.stored = ""
	s.last = result{}
}
