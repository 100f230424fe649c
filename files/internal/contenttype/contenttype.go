// Package contenttype finds the content type of files that are stored without one (P6):
// by a table of extensions, and by the content's beginning. It stands below both
// package files and package driver, which offer it to applications and to drivers.
package contenttype

// Of returns the content type of a file that the caller gave none for (P6): by the
// name's extension where [ByName] knows it, else by the content's beginning, at least
// its first SniffLen bytes or all of a shorter one. It never returns "".
func Of(name string, head []byte) string {
	if t, ok := ByName(name); ok {
		return t
	}
	return sniff(head)
}

// ByName returns the content type that the name's extension alone decides, so that
// nothing need be read ahead, or false. The table is the same on every machine: it asks
// nobody else. The extension is what follows the last dot of the last element, upper or
// lower case; a name that only begins with a dot (".profile") has none.
func ByName(name string) (string, bool) {
	// Lower case in place, without an allocation: extensions in the table are ASCII.
	var ext [maxExt]byte
	n := len(ext)
	for i := len(name) - 1; i >= 0; i-- {
		c := name[i]
		switch {
		case c == '/':
			return "", false
		case c == '.':
			if i == 0 || name[i-1] == '/' {
				return "", false
			}
			t, ok := byExtension[string(ext[n:])]
			return t, ok
		case n == 0:
			return "", false
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		}
		n--
		ext[n] = c
	}
	return "", false
}
