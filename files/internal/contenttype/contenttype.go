// Package contenttype finds the content type of files that are stored without one (P6):
// by a table of extensions, and by the content's beginning. Packages files and driver
// use it.
package contenttype

// Of returns the content type of a file if the caller gave none (P6). The name's
// extension decides if [ByName] has it, and otherwise head, the content's beginning: at
// least its first SniffLen bytes, or all of a shorter content. It never returns "".
func Of(name string, head []byte) string {
	if t, ok := ByName(name); ok {
		return t
	}
	return sniff(head)
}

// ByName returns the content type if the name's extension alone decides it, so that
// nothing need be read in advance, and false otherwise. The table is the same on every
// machine, because the system's table isn't used. The extension is what follows the
// last dot of the last element, in upper or lower case; a name that only begins with a
// dot (".profile") has none.
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
