package s3

import (
	"bytes"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"cloudfiles.dev/drivers/internal/oddtext"
	smithytime "github.com/aws/smithy-go/time"
)

// The SDK reads a page with encoding/xml, which takes more processor time than the rest
// of a listing. scan reads the objects and directories itself if all of them are in the
// form in which stores send them: elements without attributes, and in them text. The
// SDK reads the rest of the page, and it reads everything if any of them isn't in that
// form.

// scan reads the objects and directories of a document, and returns the document
// without them. If it returns false, the SDK must read the document, once it is
// repaired.
func (p *listPage) scan(document []byte) (rest []byte, ok bool) {
	if p == nil {
		return nil, false
	}
	defer func() {
		if p.scanned = ok; !ok {
			p.reset()
		}
	}()
	// Instructions, comments and CDATA may hold what looks like an element.
	if !oddtext.Plain(document) || bytes.Contains(document, []byte("<!")) ||
		bytes.LastIndex(document, []byte("<?")) > 0 {
		return nil, false
	}
	at, kept, depth := 0, 0, 0
	for {
		i := bytes.IndexByte(document[at:], '<')
		if i < 0 {
			break
		}
		if bytes.IndexByte(document[at:at+i], '>') >= 0 {
			return nil, false // as in element
		}
		at += i
		end, found := 0, false
		if depth == 1 {
			switch {
			case hasTag(document[at:], "<Contents>"):
				end, found = p.object(document, at+len("<Contents>"))
			case hasTag(document[at:], "<CommonPrefixes>"):
				end, found = p.dir(document, at+len("<CommonPrefixes>"))
			}
		}
		if found {
			rest = append(rest, document[kept:at]...)
			at, kept = end, end
			continue
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
		name := string(tagName(bytes.Trim(tag, "/")))
		if strings.EqualFold(name, "Contents") || strings.EqualFold(name, "CommonPrefixes") {
			return nil, false // in another form
		}
		switch {
		case tag[0] == '/':
			depth--
		case tag[0] != '?' && tag[len(tag)-1] != '/':
			depth++
		}
	}
	if depth != 0 {
		return nil, false
	}
	return append(rest, document[kept:]...), true
}

func hasTag(document []byte, tag string) bool {
	return len(document) > len(tag) && string(document[:len(tag)]) == tag
}

// object reads an object from after its opening tag, and returns where it ends.
func (p *listPage) object(document []byte, at int) (end int, ok bool) {
	var o listObject
	var key, etag, size, modified []byte
	for {
		at = afterSpace(document, at)
		if hasTag(document[at:], "</Contents>") {
			break
		}
		name, text, next, ok := element(document, at)
		if !ok {
			return 0, false
		}
		var value *[]byte
		switch string(name) {
		case "Key":
			value = &key
		case "ETag":
			value = &etag
		case "Size":
			value = &size
		case "LastModified":
			value = &modified
		}
		switch {
		case value != nil:
			if *value != nil || text == nil {
				return 0, false // twice, or it isn't text
			}
			*value = text
		case text != nil:
			for _, of := range []string{"Key", "ETag", "Size", "LastModified", "RestoreStatus"} {
				if len(name) == len(of) && strings.EqualFold(string(name), of) {
					return 0, false // the SDK takes it for the same
				}
			}
		case string(name) == "Owner":
			if next, ok = owner(document, next); !ok {
				return 0, false
			}
		default:
			return 0, false
		}
		at = next
	}
	at += len("</Contents>")
	if len(etag) > 0 && (etag[0] <= ' ' || etag[len(etag)-1] <= ' ') {
		return 0, false // trimValues removes white space
	}
	if o.sized = size != nil; o.sized {
		n, err := strconv.ParseInt(string(size), 10, 64)
		if err != nil {
			return 0, false
		}
		o.size = n
	}
	if modified != nil {
		if o.modified, ok = dateTime(string(modified)); !ok {
			return 0, false
		}
	}
	// One allocation holds both texts, and nothing else of the page.
	if p.text, ok = appendText(p.text[:0], key); !ok {
		return 0, false
	}
	n := len(p.text)
	if p.text, ok = appendText(p.text, etag); !ok {
		return 0, false
	}
	both := string(p.text)
	o.key, o.etag = both[:n], both[n:]
	p.objects = append(p.objects, o)
	return at, true
}

// dir reads a directory from after its opening tag.
func (p *listPage) dir(document []byte, at int) (end int, ok bool) {
	name, text, at, ok := element(document, afterSpace(document, at))
	if !ok || string(name) != "Prefix" || text == nil {
		return 0, false
	}
	at = afterSpace(document, at)
	if !hasTag(document[at:], "</CommonPrefixes>") {
		return 0, false
	}
	if p.text, ok = appendText(p.text[:0], text); !ok {
		return 0, false
	}
	p.dirs = append(p.dirs, string(p.text))
	return at + len("</CommonPrefixes>"), true
}

// owner reads elements with text up to the end of the owner.
func owner(document []byte, at int) (end int, ok bool) {
	for {
		at = afterSpace(document, at)
		if hasTag(document[at:], "</Owner>") {
			return at + len("</Owner>"), true
		}
		_, text, next, ok := element(document, at)
		if !ok || text == nil {
			return 0, false
		}
		at = next
	}
}

// element reads an element that has text, or its opening tag if it has elements; text
// is then nil. It returns false for any other form.
func element(document []byte, at int) (name, text []byte, next int, ok bool) {
	if at >= len(document) || document[at] != '<' {
		return nil, nil, 0, false
	}
	at++
	from := at
	for at < len(document) && isNameByte(document[at]) {
		at++
	}
	tag := document[from:at]
	switch {
	case len(tag) == 0 || '0' <= tag[0] && tag[0] <= '9':
		return nil, nil, 0, false
	case hasTag(document[at:], "/>"):
		return tag, []byte{}, at + len("/>"), true
	case !hasTag(document[at:], ">"):
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
	if hasTag(document[next:], "</") {
		if after, same := bytes.CutPrefix(document[next+2:], tag); same && hasTag(after, ">") {
			return tag, text, len(document) - len(after) + 1, true
		}
		return nil, nil, 0, false
	}
	if afterSpace(text, 0) < len(text) {
		return nil, nil, 0, false // text and elements
	}
	return tag, nil, next, true
}

func isNameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

func afterSpace(p []byte, at int) int {
	for at < len(p) && (p[at] == ' ' || p[at] == '\n' || p[at] == '\r' || p[at] == '\t') {
		at++
	}
	return at
}

// appendText appends the characters that a text stands for.
func appendText(to, text []byte) ([]byte, bool) {
	if bytes.IndexByte(text, '\r') >= 0 {
		return to, false // the end of a line, which the SDK changes
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

// dateTime parses a time as the SDK does. It tries the usual form first.
func dateTime(s string) (time.Time, bool) {
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t, true
	}
	t, err := smithytime.ParseDateTime(s)
	return t, err == nil
}
