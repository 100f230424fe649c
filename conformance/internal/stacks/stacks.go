// Package stacks finds the goroutines that a part of a program started. It finds them
// by their pprof label, which goroutines inherit.
package stacks

import (
	"bytes"
	"fmt"
	"runtime/pprof"
	"strings"
)

// Labelled returns the stacks of the goroutines that have a label with this value, and
// the number n of these goroutines. Each distinct stack comes once, after its count. No
// other label should have the value.
func Labelled(value string) (text string, n int) {
	var all bytes.Buffer
	pprof.Lookup("goroutine").WriteTo(&all, 1)
	var found []string
	_, profile, _ := strings.Cut(all.String(), "\n") // after the line with the total
	for s := range strings.SplitSeq(profile, "\n\n") {
		if strings.Contains(s, fmt.Sprintf("%q", value)) {
			found = append(found, s)
			var k int
			if _, err := fmt.Sscanf(s, "%d @", &k); err == nil {
				n += k
			}
		}
	}
	return strings.Join(found, "\n\n"), n
}
