package filestest

import (
	"sync"
	"time"
)

// Clock is the clock of a fake. Until it is set, it shows the real time, or the
// bubble's time in a synctest bubble. It gives files their times and lets signed URLs
// expire, but it never ends a wait. It is safe for concurrent use.
type Clock struct {
	mu    sync.Mutex
	fixed time.Time     // if not zero, the clock stands
	ahead time.Duration // otherwise
}

// Now returns the fake's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.fixed.IsZero() {
		return c.fixed
	}
	return time.Now().Add(c.ahead)
}

// Set stops the clock at t. With the zero Time the clock shows the real time again.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fixed, c.ahead = t, 0
}

// Advance moves the clock forward by d. A clock that Set has stopped stays stopped.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fixed.IsZero() {
		c.ahead += d
	} else {
		c.fixed = c.fixed.Add(d)
	}
}
