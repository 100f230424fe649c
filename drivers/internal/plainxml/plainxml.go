// Package plainxml reads the entries of a page of a listing without encoding/xml, which
// takes more processor time than the rest of a listing. It reads the form in which
// services send entries: elements without attributes that have text or other such
// elements. A service's SDK reads the rest of the page, and the whole page if any entry is
// in another form, so nothing is read in two ways.
package plainxml

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"cloudfiles.dev/drivers/internal/oddtext"
)

// Kind is a kind of entries.
type Kind struct {
	Name string // of the element
	// Read reads an entry from after its opening tag, and returns where it ends. It
	// returns false if the entry is in another form.
	Read func(document []byte, at int) (end int, ok bool)
}

// Cut reads the entries of a document, which are the elements at a depth, 1 for those
// in the root. It returns the document without them. If it returns false, some entry is
// in another form, or the document is.
func Cut(document []byte, depth int, kinds []Kind) (rest []byte, ok bool) {
	// Instructions, comments and CDATA may hold what looks like an element.
	if !oddtext.Plain(document) || bytes.Contains(document, []byte("<!")) ||
		bytes.LastIndex(bytes.TrimPrefix(document, []byte("\uFEFF")), []byte("<?")) > 0 {
		return nil, false
	}
	at, kept, inside := 0, 0, 0
	for {
		i := bytes.IndexByte(document[at:], '<')
		if i < 0 {
			break
		}
		if bytes.IndexByte(document[at:at+i], '>') >= 0 {
			return nil, false // as in Element
		}
		at += i
		if inside == depth {
			if kind, begin := entryAt(document, at, kinds); kind != nil {
				end, ok := kind.Read(document, begin)
				if !ok {
					return nil, false
				}
				rest = append(rest, document[kept:at]...)
				at, kept = end, end
				continue
			}
		}
		n := bytes.IndexByte(document[at:], '>')
		if n < 2 {
			return nil, false
		}
		tag := document[at+1 : at+n]
		at += n + 1
		if bytes.IndexByte(tag, '\'') >= 0 || bytes.Count(tag, []byte{'"'})%2 != 0 {
			return nil, false // ">" may be in an attribute
		}
		for _, kind := range kinds {
			if isNamed(tag, kind.Name) {
				return nil, false
			}
		}
		switch {
		case tag[0] == '/':
			inside--
		case tag[0] != '?' && tag[len(tag)-1] != '/':
			inside++
		}
	}
	if inside != 0 {
		return nil, false
	}
	return append(rest, document[kept:]...), true
}

// entryAt returns the kind of the entry that begins at a place, or nil.
func entryAt(document []byte, at int, kinds []Kind) (kind *Kind, begin int) {
	for i := range kinds {
		name := kinds[i].Name
		end := at + 1 + len(name)
		if end < len(document) && document[end] == '>' && string(document[at+1:end]) == name {
			return &kinds[i], end + 1
		}
	}
	return nil, 0
}

// isNamed reports whether a tag has the name, in any case and with any prefix.
func isNamed(tag []byte, name string) bool {
	tag = bytes.Trim(tag, "/")
	if i := bytes.IndexAny(tag, " \t\r\n"); i >= 0 {
		tag = tag[:i]
	}
	tag = tag[bytes.IndexByte(tag, ':')+1:]
	return len(tag) == len(name) && strings.EqualFold(string(tag), name)
}

// Ends reports whether the element of that name ends at a place, and returns what
// follows.
func Ends(document []byte, at int, name string) (next int, ends bool) {
	end := at + len("</") + len(name)
	if end >= len(document) || document[end] != '>' || document[at] != '<' ||
		document[at+1] != '/' || string(document[at+2:end]) != name {
		return at, false
	}
	return end + 1, true
}

// Element reads the element that begins at a place, if it has nothing but text, or
// otherwise its opening tag; text is then nil. It returns false for any other form.
func Element(document []byte, at int) (name, text []byte, next int, ok bool) {
	if at >= len(document) || document[at] != '<' {
		return nil, nil, 0, false
	}
	at++
	from := at
	for at < len(document) && isNameByte(document[at]) {
		at++
	}
	tag := document[from:at]
	if len(tag) == 0 || tag[0] <= '9' { // a digit, "-" or "."
		return nil, nil, 0, false
	}
	blank := AfterSpace(document, at)
	switch {
	case bytes.HasPrefix(document[blank:], []byte("/>")):
		return tag, []byte{}, blank + len("/>"), true
	case blank > at, at == len(document), document[at] != '>':
		return nil, nil, 0, false
	}
	at++
	n := bytes.IndexByte(document[at:], '<')
	if n < 0 {
		return nil, nil, 0, false
	}
	text, next = document[at:at+n:at+n], at+n
	if bytes.IndexByte(text, '>') >= 0 { // "]]>", which isn't allowed
		return nil, nil, 0, false
	}
	if rest, end := bytes.CutPrefix(document[next:], []byte("</")); end {
		if after, same := bytes.CutPrefix(rest, tag); same && len(after) > 0 && after[0] == '>' {
			return tag, text, len(document) - len(after) + 1, true
		}
		return nil, nil, 0, false
	}
	if AfterSpace(text, 0) < len(text) {
		return nil, nil, 0, false // text and elements
	}
	return tag, nil, next, true
}

func isNameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '-' || c == '.' || c == '_'
}

// Each calls f for the elements in the element of that name, from after its opening tag
// on, and returns where that ends. f gets what Element returns. It returns where the
// element ends, next if it has text, and false if it is in another form.
func Each(document []byte, at int, name string,
	f func(tag, text []byte, next int) (end int, ok bool)) (end int, ok bool) {
	for {
		at = AfterSpace(document, at)
		if end, ends := Ends(document, at, name); ends {
			return end, true
		}
		tag, text, next, ok := Element(document, at)
		if ok {
			next, ok = f(tag, text, next)
		}
		if !ok {
			return 0, false
		}
		at = next
	}
}

// SkipTexts reads elements that have nothing but text, up to the end of the element of
// that name.
func SkipTexts(document []byte, at int, name string) (end int, ok bool) {
	return Each(document, at, name, func(_, text []byte, next int) (int, bool) {
		return next, text != nil
	})
}

// Strings returns what two texts stand for. One allocation holds both, and nothing else
// of the document. buf is for the work, and is returned for the next call.
func Strings(buf, a, b []byte) (first, second string, _ []byte, ok bool) {
	if buf, ok = AppendText(buf[:0], a); !ok {
		return "", "", buf, false
	}
	n := len(buf)
	if buf, ok = AppendText(buf, b); !ok {
		return "", "", buf, false
	}
	both := string(buf)
	return both[:n], both[n:], buf, true
}

// AfterSpace returns the place after the white space at a place.
func AfterSpace(p []byte, at int) int {
	for at < len(p) && (p[at] == ' ' || p[at] == '\n' || p[at] == '\r' || p[at] == '\t') {
		at++
	}
	return at
}

// AppendText appends the characters that an element's text stands for.
func AppendText(to, text []byte) ([]byte, bool) {
	if bytes.IndexByte(text, '\r') >= 0 {
		return to, false // the end of a line, which a parser changes
	}
	for {
		i := bytes.IndexByte(text, '&')
		if i < 0 {
			return append(to, text...), true
		}
		to = append(to, text[:i]...)
		end := bytes.IndexByte(text[i:], ';')
		if end < 0 {
			return to, false
		}
		switch name := string(text[i+1 : i+end]); name {
		case "quot":
			to = append(to, '"')
		case "amp":
			to = append(to, '&')
		case "lt":
			to = append(to, '<')
		case "gt":
			to = append(to, '>')
		case "apos":
			to = append(to, '\'')
		default:
			c, ok := numbered(name)
			if !ok {
				return to, false
			}
			to = utf8.AppendRune(to, c)
		}
		text = text[i+end+1:]
	}
}

// numbered returns the printable character of a reference such as "#34" or "#x22".
func numbered(name string) (rune, bool) {
	digits, ok := strings.CutPrefix(name, "#")
	base := 10
	if hex, is := strings.CutPrefix(digits, "x"); is {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 31)
	c := rune(n)
	return c, ok && err == nil && c >= ' ' && c < 0xD800
}
