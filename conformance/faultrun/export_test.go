package faultrun

import "time"

// LeaksNow is Leaks for a driver that is known to leak. It hardly waits for cleanup.
func LeaksNow(t T, c LeakConfig) { leaks(t, c, time.Millisecond) }
