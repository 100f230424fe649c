package term

import (
	"fmt"
)

// Quote quotes a name, and shortens a long one.
func Quote(s string) string {
	if len(s) > 80 {
		return fmt.Sprintf("%.40q…%q (%d bytes)", s, s[len(s)-8:], len(s))
	}
	return fmt.Sprintf("%q", s)
}
