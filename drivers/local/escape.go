package local

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// An element of a name is a file or a folder of the same name on disk, unless the disk
// can't hold it or it would be mistaken for something else (N2, N4). Such an element
// begins with the mark on disk:
//
//	%cf-e-<text>                    the element, percent-encoded if necessary
//	%cf-d-<part>-/…/%cf-x-<part>    the same text in parts, as a chain of folders, for an
//	                                element that is too long for one
//	%cf-l-<element>                 the file beside a folder of the same name (N3); the
//	                                element is one of the above, or plain
//
// Each element has exactly one form. Everything else on disk is foreign (L7).
const (
	mark        = "%cf-"
	escapedMark = mark + "e-"
	chainMark   = mark + "d-"
	endMark     = mark + "x-"
	leafMark    = mark + "l-"
	// chainTail keeps a part from ending in something that has a meaning at the end of
	// a name: a dot, a space or ".attrs".
	chainTail = "-"

	sidecarExt = ".attrs"
)

// rules are the file system's limits of names, in addition to those that apply
// everywhere. They are the same for all who write to a folder (habits.go).
type rules struct {
	// windows excludes device names, the characters <>:"\|?*, and a dot or space at the
	// end.
	windows bool
	// Parts of windows, for file systems that have only one of its limits.
	devices, tail bool
	refused       refusedChars // characters
	// ascii means that other characters are refused, or come back changed.
	ascii bool
	// short is by how many bytes the limit of a name on disk is less than 255.
	short uint8
	// foldCase means that the file system doesn't distinguish upper and lower case, or
	// composed and decomposed characters. Then upper-case and non-ASCII letters are
	// encoded, so that no two names can be the same on disk.
	foldCase bool
}

// oddChars are the characters that a name may have but some file systems refuse.
const oddChars = `<>:"\|?*`

// refusedChars has a bit for each character of oddChars.
type refusedChars uint8

func (r refusedChars) has(c byte) bool {
	i := strings.IndexByte(oddChars, c)
	return i >= 0 && r>>i&1 != 0
}

// limit returns how many bytes a name on disk may have.
func (r rules) limit() int { return 255 - int(r.short) }

// maxElement leaves room for a sidecar's extension, or for leafMark.
func (r rules) maxElement() int { return r.limit() - len(sidecarExt) }

// maxPart returns how many bytes of text one part of a chain has at most.
func (r rules) maxPart() int { return r.limit() - 15 }

// odd reports whether a name may have to be escaped because of what this file system
// refuses.
func (r rules) odd() bool {
	return r.windows || r.foldCase || r.devices || r.tail || r.ascii || r.refused != 0
}

// encode returns the path on disk of the file with that name: the folder ("" is the
// root) and the name in it. The name is legal.
func (r rules) encode(name string) (dir, base string) {
	if r.plainPath(name) {
		i := strings.LastIndexByte(name, '/')
		return name[:max(i, 0)], name[i+1:]
	}
	var b strings.Builder
	for {
		element, rest, more := strings.Cut(name, "/")
		chain, last := r.encodeElement(element)
		for _, part := range chain {
			if b.Len() > 0 {
				b.WriteByte('/')
			}
			b.WriteString(part)
		}
		if !more {
			return b.String(), last
		}
		if b.Len() > 0 {
			b.WriteByte('/')
		}
		b.WriteString(last)
		name = rest
	}
}

// encodeDir returns the folder that holds what is below the directory; "" is the root.
func (r rules) encodeDir(dir string) string {
	if dir == "" {
		return ""
	}
	parent, base := r.encode(dir)
	if parent == "" {
		return base
	}
	return parent + "/" + base
}

// leafName returns the name on disk that a file has while a folder has its plain name
// (N3).
func leafName(base string) string { return leafMark + base }

// plainPath reports whether every element stands for itself.
func (r rules) plainPath(name string) bool {
	start := 0
	for i := 0; i <= len(name); i++ {
		if i == len(name) || name[i] == '/' {
			if !plain(r, name[start:i]) {
				return false
			}
			start = i + 1
		}
	}
	return true
}

// encodeElement returns the folders of the chain (usually none) and the name in the
// last of them.
func (r rules) encodeElement(e string) (chain []string, last string) {
	if plain(r, e) {
		return nil, e
	}
	text := r.text(e)
	if len(escapedMark)+len(text) <= r.maxElement() && r.special(e) {
		return nil, escapedMark + text
	}
	for len(text) > r.maxPart() {
		n := truncate(text, r.maxPart())
		chain = append(chain, chainMark+text[:n]+chainTail)
		text = text[n:]
	}
	return chain, endMark + text
}

// truncate returns where the first part of a text ends: at most n bytes, and not inside
// a character or an escape.
func truncate(text string, n int) int {
	for !utf8.RuneStart(text[n]) {
		n--
	}
	for back := 1; back <= 2; back++ {
		if text[n-back] == '%' {
			return n - back
		}
	}
	return n
}

// plain reports whether an element found on disk, or one of a name, is legal (N1) and
// stands for itself.
func plain[T string | []byte](r rules, e T) bool {
	n := len(e)
	if n == 0 || n > r.maxElement() || e[0] == '.' && (n == 1 || n == 2 && e[1] == '.') {
		return false
	}
	ascii, odd := true, r.odd()
	switch e[0] {
	case '%':
		odd = odd || n >= len(mark) && string(e[:len(mark)]) == mark
	case '.':
		odd = odd || n >= len(controlPrefix) && string(e[:len(controlPrefix)]) == controlPrefix ||
			mayBePlaceholder(e)
	}
	for i := 0; i < n; i++ {
		switch c := e[i]; {
		case c < ' ' || c == 0x7f || c == '/':
			return false
		case c >= utf8.RuneSelf:
			ascii = false
		case c == '_':
			odd = odd || i+1 < n && e[i+1] == '_'
		}
	}
	if e[n-1] == 's' && n >= len(sidecarExt) && string(e[n-len(sidecarExt):]) == sidecarExt {
		return false
	}
	if !odd && ascii {
		return true
	}
	s := string(e)
	return utf8.ValidString(s) && !(odd && r.special(s))
}

// special reports whether a legal element has to be escaped for a reason other than its
// length.
func (r rules) special(e string) bool {
	if strings.HasPrefix(e, mark) || strings.HasPrefix(e, controlPrefix) || placeholder(e) ||
		(r.windows || r.devices) && device(e) {
		return true
	}
	for i := range len(e) {
		if e[i] != '%' && r.encoded(e, i) {
			return true
		}
	}
	return false
}

// encoded reports whether the i-th byte of an element has to be written as %XX in
// escaped text.
func (r rules) encoded(e string, i int) bool {
	switch c := e[i]; c {
	case '%':
		return true
	case '.':
		return e[i:] == sidecarExt || (r.windows || r.tail) && i == len(e)-1
	case ' ':
		return (r.windows || r.tail) && i == len(e)-1
	case '_':
		return hexEscaped(e[i:])
	case '<', '>', ':', '"', '\\', '|', '?', '*':
		return r.windows || r.refused.has(c)
	default:
		if c >= utf8.RuneSelf {
			return r.foldCase || r.ascii
		}
		return r.foldCase && c >= 'A' && c <= 'Z'
	}
}

// text returns the element with %XX for each byte that has to be encoded.
func (r rules) text(e string) string {
	const hex = "0123456789ABCDEF"
	b := make([]byte, 0, len(e)+32)
	for i := range len(e) {
		if c := e[i]; r.encoded(e, i) {
			b = append(b, '%', hex[c>>4], hex[c&15])
		} else {
			b = append(b, c)
		}
	}
	return string(b)
}

// hexEscaped reports whether s begins with what the Go CDK's fileblob unescapes:
// "__0x", digits, "__".
func hexEscaped(s string) bool {
	s, ok := strings.CutPrefix(s, "__0x")
	if !ok {
		return false
	}
	digits, _, ok := strings.Cut(s, "__")
	if !ok || strings.Contains(digits, "_") {
		return false
	}
	_, err := strconv.ParseInt(digits, 16, 32)
	return err == nil
}

// device reports whether Windows treats the name, with any extension, as a device.
func device(e string) bool {
	base, _, _ := strings.Cut(e, ".")
	base = strings.ToUpper(strings.TrimRight(base, " "))
	switch base {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$":
		return true
	}
	for _, port := range []string{"COM", "LPT"} {
		if n, ok := strings.CutPrefix(base,
			port); ok && utf8.RuneCountInString(n) == 1 && strings.Contains("0123456789¹²³", n) {
			return true
		}
	}
	return false
}
