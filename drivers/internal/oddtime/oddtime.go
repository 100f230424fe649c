// Package oddtime parses times in the forms that stores, and proxies in front of them,
// send besides the documented one. An odd time must not fail a whole response.
package oddtime

import (
	"strings"
	"time"
)

var forms = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05.999999999Z0700",
	"2006-01-02 15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05 -0700 MST", "2006-01-02 15:04:05 MST", time.RFC1123, time.RFC1123Z,
	time.RFC850, time.ANSIC,
}

// Parse parses a time in any of the forms. It returns false if s isn't a time.
func Parse(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	for _, form := range forms {
		t, err := time.Parse(form, s)
		if t = t.UTC(); err == nil && t.Year() > 0 && t.Year() < 10_000 {
			return t, true
		}
	}
	return time.Time{}, false
}
