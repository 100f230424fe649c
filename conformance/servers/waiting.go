package main

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// sayEvery is the time between two progress lines.
const sayEvery = 5 * time.Second

// waiting prints a progress line at intervals, with what the program waits for and how
// long it has waited.
type waiting struct {
	w     io.Writer
	begin time.Time
	done  chan struct{}
	over  sync.WaitGroup

	mu   sync.Mutex
	what string
}

// waitFor begins to print. The caller must call end.
func waitFor(w io.Writer, every time.Duration, what string) *waiting {
	s := &waiting{
		w:     w,
		begin: time.Now(),
		done:  make(chan struct{}),
		what:  what,
	}
	s.over.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-s.done:
				return
			case <-tick.C:
				s.say()
			}
		}
	})
	return s
}

// now changes what the program waits for.
func (s *waiting) now(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.what = what
}

func (s *waiting) say() {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(s.w, "servers: %s, %.0f s so far\n", s.what, time.Since(s.begin).Seconds())
}

// end stops printing. Nothing is written after it has returned.
func (s *waiting) end() {
	close(s.done)
	s.over.Wait()
}
