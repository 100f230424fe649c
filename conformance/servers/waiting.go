package main

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// sayEvery is the interval between two lines that say what is waited for.
const sayEvery = 5 * time.Second

// waiting says every so often what is waited for and for how long, from now until its
// end.
type waiting struct {
	w     io.Writer
	begin time.Time
	done  chan struct{}
	over  sync.WaitGroup

	mu   sync.Mutex
	what string
}

// waitFor begins to wait.
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

// now is what is waited for from now on.
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

// end ends it: nothing is written afterwards.
func (s *waiting) end() {
	close(s.done)
	s.over.Wait()
}
