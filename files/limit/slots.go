package limit

import (
	"container/list"
	"context"
	"slices"
	"sync"
	"time"

	"cloudfiles.dev/files/internal/contexts"
)

// patience is how long a Put waits for its content before it lends out its slot to
// others who wait for one.
const patience = 20 * time.Millisecond

// slots are the calls that may be in flight. The nil slots are without bound.
type slots struct {
	mu      sync.Mutex
	free    int
	waiting list.List // of places, in the order of service
	reading []*hold   // those that wait for their content, with their slot
	watched bool      // lend is going to run
}

// place is a wait for a slot, closed by whoever gives the slot.
type place chan struct{}

// hold is the slot of one Put.
type hold struct {
	s     *slots
	since time.Time // of the wait for content
	lent  bool      // others have the slot
	over  bool      // the Put has returned
}

// acquire waits for a slot.
func (s *slots) acquire(ctx context.Context) error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	if s.free > 0 { // then nobody waits
		s.free--
		s.mu.Unlock()
		return nil
	}
	at := s.waiting.PushBack(make(place))
	s.watch()
	s.mu.Unlock()
	return s.wait(ctx, at)
}

// wait waits for a slot to be given.
func (s *slots) wait(ctx context.Context, at *list.Element) error {
	given := at.Value.(place)
	select {
	case <-given:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-given:
		s.give() // it came at the same moment
	default:
		s.waiting.Remove(at)
	}
	return contexts.Err(ctx)
}

// release gives a slot back.
func (s *slots) release() {
	if s == nil {
		return
	}
	s.mu.Lock()
	s.give()
	s.mu.Unlock()
}

// give passes a slot on to the first who waits. The caller holds mu.
func (s *slots) give() {
	first := s.waiting.Front()
	if first == nil {
		s.free++
		return
	}
	close(s.waiting.Remove(first).(place))
}

// watch has lend run in some time if a slot may be lent. The caller holds mu.
func (s *slots) watch() {
	if !s.watched && s.waiting.Len() > 0 && len(s.reading) > 0 {
		s.watched = true
		time.AfterFunc(patience, s.lend)
	}
}

// lend passes on the slots of those who have waited long for their content.
func (s *slots) lend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watched = false
	now := time.Now()
	s.reading = slices.DeleteFunc(s.reading, func(h *hold) bool {
		if s.waiting.Len() == 0 || now.Sub(h.since) < patience {
			return false
		}
		h.lent = true
		s.give()
		return true
	})
	s.watch()
}

// pause is the beginning of a wait for content.
func (h *hold) pause() {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	if h.over || h.lent {
		return
	}
	h.since = time.Now()
	h.s.reading = append(h.s.reading, h)
	h.s.watch()
}

// settle is the end of a wait for content: from now on the slot isn't lent any more. It
// returns whether it was.
func (h *hold) settle() (lent bool) {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	h.s.forget(h)
	return h.lent && !h.over
}

// lend gives the slot to others.
func (h *hold) lend() {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	if !h.over && !h.lent {
		h.lent = true
		h.s.give()
	}
}

// regain takes the next slot that is free, before all others: the hold had one already.
func (h *hold) regain(ctx context.Context) error {
	h.s.mu.Lock()
	if h.s.free > 0 {
		h.s.free--
	} else {
		at := h.s.waiting.PushFront(make(place))
		h.s.watch()
		h.s.mu.Unlock()
		if err := h.s.wait(ctx, at); err != nil {
			return err
		}
		h.s.mu.Lock()
	}
	defer h.s.mu.Unlock()
	h.lent = false
	if h.over { // nobody else gives it back
		h.s.give()
	}
	return nil
}

// end gives the slot back, unless others have it.
func (h *hold) end() {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	h.s.forget(h)
	h.over = true
	if !h.lent {
		h.s.give()
	}
}

// forget takes the hold from those that wait for content.
func (s *slots) forget(h *hold) {
	if i := slices.Index(s.reading, h); i >= 0 {
		s.reading = slices.Delete(s.reading, i, i+1)
	}
}
