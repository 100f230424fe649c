package limit

import (
	"bytes"
	"io"
	"strings"
)

// inMemory reports whether reading never waits.
func inMemory(r io.Reader) bool {
	switch r.(type) {
	case *bytes.Reader, *bytes.Buffer, *strings.Reader:
		return true
	}
	return false
}
