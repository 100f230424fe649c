package local

import (
	"strings"
	"unicode/utf8"
)

// diskKind says what an entry on disk stands for.
type diskKind uint8

const (
	foreignEntry diskKind = iota // nothing that the driver writes
	elementEntry                 // a whole element
	chainEntry                   // a part of a long element: the folder with the next part
	endEntry                     // the last part of a long element
)

// decode returns what an entry on disk stands for. The text is the element, or, for a
// part of a chain, that part of the escaped text; only decodeChain can check that it is
// canonical. leaf reports whether the entry is a file beside a folder of the same name
// (N3). Sidecars are foreign here.
func (r rules) decode(disk string) (kind diskKind, text string, leaf bool) {
	if rest, ok := strings.CutPrefix(disk, leafMark); ok {
		kind, text, _ := r.decodeOnce(rest)
		if kind == chainEntry {
			return foreignEntry, "", false
		}
		return kind, text, kind != foreignEntry
	}
	return r.decodeOnce(disk)
}

func (r rules) decodeOnce(disk string) (diskKind, string, bool) {
	if plain(r, disk) {
		return elementEntry, disk, false
	}
	if text, ok := strings.CutPrefix(disk, escapedMark); ok {
		if e, ok := r.unescape(text); ok {
			if chain, last := r.encodeElement(e); chain == nil && last == disk {
				return elementEntry, e, false
			}
		}
		return foreignEntry, "", false
	}
	if part, ok := strings.CutPrefix(disk, endMark); ok && part != "" && len(part) <= r.maxPart() {
		return endEntry, part, false
	}
	if part, ok := strings.CutPrefix(disk, chainMark); ok {
		if part, ok := strings.CutSuffix(part,
			chainTail); ok && part != "" && len(part) <= r.maxPart() {
			return chainEntry, part, false
		}
	}
	return foreignEntry, "", false
}

// decodeChain returns the element whose chain of folders has these parts and this end.
func (r rules) decodeChain(parts []string, end string) (element string, ok bool) {
	element, ok = r.unescape(strings.Join(parts, "") + end)
	if !ok {
		return "", false
	}
	chain, last := r.encodeElement(element)
	if last != endMark+end || len(chain) != len(parts) {
		return "", false
	}
	for i, part := range parts {
		if chain[i] != chainMark+part+chainTail {
			return "", false
		}
	}
	return element, true
}

// unescape decodes %XX. It fails if the result isn't a legal element. Callers encode
// the result again to check that the text is canonical.
func (r rules) unescape(text string) (string, bool) {
	b := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '%' {
			if i+2 >= len(text) {
				return "", false
			}
			hi, lo := unhex(text[i+1]), unhex(text[i+2])
			if hi < 0 || lo < 0 {
				return "", false
			}
			c = byte(hi<<4 | lo)
			i += 2
		}
		if c < ' ' || c == 0x7f || c == '/' {
			return "", false
		}
		b = append(b, c)
	}
	e := string(b)
	return e, e != "" && e != "." && e != ".." && utf8.ValidString(e)
}

// unhex returns the value of an upper-case hexadecimal digit, or -1.
func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
