// Package oddtext makes pages of listings readable whose names have characters that XML
// or JSON can't hold. One name that another program stored must not fail a whole page,
// and must not be read as another name.
package oddtext

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A byte that XML can't hold is replaced by the character first plus the byte while the
// page is read, and [Restore] turns it back. Those characters are in the last plane for
// private use. If a page has them itself, their bytes are replaced too.
const (
	first = 0x10FF00
	last  = 0x10FFFF
)

// XML returns the document with everything that XML can't hold changed so that it can:
// control characters, invalid UTF-8, U+FFFE, U+FFFF and surrogates, as they are or as
// "&#x1;", and an "&" that begins no reference. It returns the document itself if
// nothing is wrong with it.
func XML(document []byte) []byte {
	if Plain(document) {
		return document
	}
	var b bytes.Buffer
	b.Grow(len(document) + 64)
	literal := false // in CDATA, where "&" begins no reference
	for rest := document; len(rest) > 0; {
		if literal && bytes.HasPrefix(rest, []byte("]]>")) {
			literal = false
		}
		literal = literal || bytes.HasPrefix(rest, []byte("<![CDATA["))
		bad, n := odd(rest)
		switch {
		case n == 0, literal && rest[0] == '&':
			_, size := utf8.DecodeRune(rest)
			b.Write(rest[:size])
			rest = rest[size:]
			continue
		case bad == nil:
			b.WriteString("&amp;")
		}
		for _, c := range bad {
			b.WriteRune(first + rune(c))
		}
		rest = rest[n:]
	}
	return b.Bytes()
}

// Plain reports whether nothing is wrong with the document, so that [XML] returns it
// itself. It is quick, and may return false for such a document too.
func Plain(document []byte) bool {
	for i, c := range document {
		if c < ' ' || c == '&' {
			if _, n := odd(document[i:]); n > 0 {
				return false
			}
		}
	}
	return utf8.Valid(document) && !bytes.Contains(document, []byte("\xEF\xBF")) &&
		!bytes.Contains(document, []byte("\xF4\x8F"))
}

// odd reads what XML can't hold at the beginning of p. It returns the bytes that this
// stands for, or nil for an "&" that begins no reference. n is its length in p, or 0 if
// there is nothing odd.
func odd(p []byte) (stands []byte, n int) {
	r, size := utf8.DecodeRune(p)
	switch {
	case r == utf8.RuneError && size <= 1:
		return p[:1], 1
	case !held(r):
		return p[:size], size
	case r != '&':
		return nil, 0
	}
	end := bytes.IndexByte(p[:min(len(p), maxReference)], ';')
	if end < 0 {
		return nil, 1
	}
	name, numbered := strings.CutPrefix(string(p[1:end]), "#")
	if !numbered {
		switch name {
		case "amp", "lt", "gt", "quot", "apos":
			return nil, 0
		}
		return nil, 1
	}
	base := 10
	if hex, ok := strings.CutPrefix(strings.ToLower(name), "x"); ok {
		name, base = hex, 16
	}
	u, err := strconv.ParseUint(name, base, 32)
	switch c := rune(u); {
	case err != nil || u > utf8.MaxRune:
		return nil, 1
	case c >= 0xD800 && c <= 0xDFFF: // half of a character, in the form that UTF-8 would have
		return half(c), end + 1
	case !held(c):
		return utf8.AppendRune(nil, c), end + 1
	}
	return nil, 0
}

// maxReference is the largest length of a reference to a character, with leading zeros.
const maxReference = 64

// held reports whether XML can hold the character and it stands for itself.
func held(c rune) bool {
	blank := c == '\t' || c == '\n' || c == '\r'
	return (c >= ' ' || blank) && c != 0xFFFE && c != 0xFFFF && c < first
}

// Restore returns a text of such a document with its original bytes.
func Restore(s string) string {
	if !strings.Contains(s, "\xF4\x8F") {
		return s
	}
	b := make([]byte, 0, len(s))
	for _, c := range s {
		if c >= first && c <= last {
			b = append(b, byte(c-first))
		} else {
			b = utf8.AppendRune(b, c)
		}
	}
	return string(b)
}
