package faultrun

import "time"

// LeaksNow is Leaks for a driver that is known to leak: what doesn't come isn't waited
// for.
func LeaksNow(t T, c LeakConfig) { leaks(t, c, time.Millisecond) }
