package suite

import (
	"fmt"
	"strings"
)

// LeftError reports the files that a run left behind in a shared store.
type LeftError struct {
	// Dir is the directory of the files.
	Dir string
	// Names are the files that are left or may be left, because they could not be
	// deleted or were listed at the end.
	Names []string
	// Err is the reason.
	Err error
}

// maxLeft is the largest number of names in the text of a LeftError.
const maxLeft = 20

func (e *LeftError) Error() string {
	var text strings.Builder
	switch len(e.Names) {
	case 0:
		fmt.Fprintf(&text, "files may be left behind below %s/", e.Dir)
	case 1:
		fmt.Fprintf(&text, "1 file is left behind below %s/", e.Dir)
	default:
		fmt.Fprintf(&text, "%d files are left behind below %s/", len(e.Names), e.Dir)
	}
	for i, name := range e.Names {
		if i == maxLeft {
			fmt.Fprintf(&text, " and %d more", len(e.Names)-i)
			break
		}
		fmt.Fprintf(&text, "%s%q", map[bool]string{true: ": ", false: ", "}[i == 0], name)
	}
	if e.Err != nil {
		fmt.Fprintf(&text, ": %v", e.Err)
	}
	return text.String()
}

func (e *LeftError) Unwrap() error { return e.Err }
