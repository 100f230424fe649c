// Package names holds the naming rule (N1). Packages files and driver make errors of
// the problems that it finds.
package names

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Problem returns what is wrong with a name of at most max bytes, or "" for a legal one.
func Problem(name string, max int) string {
	// Nearly all names are plain ASCII: one pass, elements checked at each slash.
	if name == "" {
		return "name is empty"
	}
	if len(name) > max {
		return fmt.Sprintf("name has %d bytes, more than %d", len(name), max)
	}
	start, ascii := 0, true
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c == '/':
			if p := problemOfElement(name[start:i], i, len(name)); p != "" {
				return p
			}
			start = i + 1
		case c < ' ' || c == 0x7f:
			return fmt.Sprintf("control character %U at byte %d", rune(c), i)
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	if p := problemOfElement(name[start:], len(name), len(name)); p != "" {
		return p
	}
	if !ascii && !utf8.ValidString(name) {
		return "name is not valid UTF-8"
	}
	return ""
}

// problemOfElement checks the element that ends at byte end of a name of size bytes.
func problemOfElement(e string, end, size int) string {
	switch {
	case e == "" && end == 0:
		return "name begins with a slash"
	case e == "" && end == size:
		return "name ends with a slash"
	case e == "":
		return fmt.Sprintf("double slash at byte %d", end)
	case e == ".":
		return fmt.Sprintf(`element "." at byte %d`, end-1)
	case e == "..":
		return fmt.Sprintf(`element ".." at byte %d`, end-2)
	}
	return ""
}

// Dir is Problem for a directory: "" is the whole bucket, and one trailing slash is
// allowed. It returns the directory without that slash.
func Dir(dir string, max int) (d, problem string) {
	if dir == "" {
		return "", ""
	}
	if d, ok := strings.CutSuffix(dir, "/"); ok && d != "" {
		dir = d
	}
	return dir, Problem(dir, max)
}
