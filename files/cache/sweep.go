package cache

import (
	"slices"
	"time"
)

// leave removes a flight from the list. The caller holds mu.
func (s *state) leave(f *flight) {
	s.flights = slices.DeleteFunc(s.flights, func(g *flight) bool { return g == f })
}

// stop ends a flight that no reader needs.
func (f *flight) stop() {
	f.from.close()
	t := time.NewTimer(closeWait)
	defer t.Stop()
	select {
	case <-f.ended:
	case <-t.C:
	}
}

// sweep removes the flights that no reader needs from the list, and returns the removed
// flights that are still reading. The caller holds mu, and stops them after unlocking it.
func (s *state) sweep() (stop []*flight) {
	kept := s.flights[:0]
	for _, f := range s.flights {
		switch {
		case f.opening || f.err == nil && (s.needs(f) || f.over && !f.saved):
			kept = append(kept, f)
		case !f.over:
			f.closed = true
			f.cond.Signal()
			stop = append(stop, f)
		}
	}
	clear(s.flights[len(kept):])
	s.flights = kept
	return stop
}

// needs reports whether an open body, or one that is being opened, may need the flight.
// The caller holds mu.
func (s *state) needs(f *flight) bool {
	if f.over && len(f.parts) == 0 {
		return false
	}
	for b := range s.bodies {
		if b.pending {
			return true
		}
		if b.epoch != f.epoch || b.info.Version != f.info.Version {
			continue
		}
		if !f.over && max(b.lo, f.next) < min(b.hi, f.end) {
			return true
		}
		for i := range f.parts {
			if b.lo <= i && i < b.hi {
				return true
			}
		}
	}
	return false
}
