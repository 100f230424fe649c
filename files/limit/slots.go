package limit

import (
	"container/list"
	"context"
	"slices"
	"sync"
	"time"

	"cloudfiles.dev/files/internal/contexts"
)

// patience is how long a Put waits for its content before it lends its slot to a
// waiting call.
const patience = 20 * time.Millisecond

// slots bounds the calls in flight. A nil *slots sets no bound.
type slots struct {
	mu      sync.Mutex
	free    int
	waiting list.List // of place, in the order of service
	reading []*hold   // of Puts that wait for content and still have their slot
	watched bool      // a timer will call lend
}

// place is a wait for a slot. It is closed when the slot is given.
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

// wait waits until a slot is given.
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
		s.give() // the slot came at the same moment
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

// give gives a free slot to the first waiting call. The caller holds mu.
func (s *slots) give() {
	first := s.waiting.Front()
	if first == nil {
		s.free++
		return
	}
	close(s.waiting.Remove(first).(place))
}

// watch sets a timer for lend if a slot may be lent. The caller holds mu.
func (s *slots) watch() {
	if !s.watched && s.waiting.Len() > 0 && len(s.reading) > 0 {
		s.watched = true
		time.AfterFunc(patience, s.lend)
	}
}

// lend gives away the slots of Puts that have waited long for their content.
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

// settle ends a wait for content: the slot won't be lent from now on. It reports
// whether the slot was lent.
func (h *hold) settle() (lent bool) {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	h.s.forget(h)
	return h.lent && !h.over
}

// lend gives the slot to another call.
func (h *hold) lend() {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	if !h.over && !h.lent {
		h.lent = true
		h.s.give()
	}
}

// regain takes the next free slot, ahead of all waiting calls, because the Put had one
// before.
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
	if h.over { // end found it lent, and didn't give it back
		h.s.give()
	}
	return nil
}

// end gives the slot back, unless it is lent.
func (h *hold) end() {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	h.s.forget(h)
	h.over = true
	if !h.lent {
		h.s.give()
	}
}

// forget removes the hold from the list of holds that wait for content.
func (s *slots) forget(h *hold) {
	if i := slices.Index(s.reading, h); i >= 0 {
		s.reading = slices.Delete(s.reading, i, i+1)
	}
}
